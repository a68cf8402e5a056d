import { describe, expect, it } from 'vitest'
import { slugify } from './slug.ts'

describe('slugify', () => {
  // Made with python-slugify 9.0.0 and text-unidecode 1.3.
  it.each([
    ['Crazy Cat.1', 'crazy-cat-1'],
    ['  --x--  ', 'x'],
    ['Größe & Maß', 'grosse-mass'],
    ['naïve café', 'naive-cafe'],
    ["it's o'clock", 'it-s-o-clock'],
    ['1,000,000 rows', '1000000-rows'],
    ['a,b', 'a-b'],
    ['Ünïcödé_ØÆ', 'unicode-oae'],
    ['Ελλάδα', 'ellada'],
    ['Привет мир', 'privet-mir'],
    ['a🚀b', 'ab'],
    ['…—–', ''],
    ['!!!', ''],
    ['ﬁne №5 ½ ²', 'fine-no5-1-2-2'],
    ['&amp; x &#65;&#x42;', 'x-ab'],
    ['Łódź Đặng', 'lodz-dang'],
    ['かな カナ', 'kana-kana'],
    ['“quoted” ‘text’', 'quoted-text'],
    ['a€b £5', 'aeurb-ps5'],
    ['x☃y', 'xy'],
    ['İstanbul ıı', 'istanbul-ii'],
  ])('makes of %j what Python makes: %j', (text, expected) => {
    expect(slugify(text)).toBe(expected)
  })

  it('leaves out what no table has: scripts that Python spells, such as Arabic', () => {
    expect(slugify('report تقرير')).toBe('report')
  })

  it('cuts, and leaves no dash at the end', () => {
    expect(slugify('aaa bbb', { maxLength: 4 })).toBe('aaa')
    expect(slugify('aaaa', { maxLength: 4 })).toBe('aaaa')
  })

  it('keeps case and other characters where asked to', () => {
    expect(slugify('A_b.C/d', { lowercase: false, disallowed: /[^-a-zA-Z0-9_.]+/g })).toBe('A_b.C-d')
  })
})
