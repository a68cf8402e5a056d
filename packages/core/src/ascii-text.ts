import { spellHan } from './han-text.ts'

/**
 * Letters and signs that do not come apart into an ASCII letter and marks, and what stands for them in plain ASCII. Signs
 * only tell whether they separate words (`-`) or vanish inside one (`'`). Latin, Greek, Cyrillic, kana and the signs between.
 */
const TABLE = `
2 Ƨƨƻ  3 Ǝ  5 Ƽƽ  6 Ƅƅ  7 \u204a  A ȺΑА  a ɐɑɒ\u0363αаぁあァア  b ƀƃɓβб  B ƁƂɃʙΒБ  C ƇȻʗ  c ƈȼɕ\u0368  D ÐĐƉƊƋΔД\u20ab
d ðđƌƍȡɖɗ\u0369δдẟ  E ƐɆʚΕΗЄЕЭѢѦ  e ɇɘɛɜɝɞ\u0364εηеэѣѧぇ  e えェエ  F ƑɸϤФѲ  f ƒϥфѳ  G ƓƔǤʛΓϪГ  g ǥɠɡɢɣγϫг  H ĦʜϨҺ
h ħɦɧʮʯ\u036aϩһ  i ıɨɩ\u0365ιиіぃいィイ  I ƖƗɪΙІИ  j ȷɉɟʄʝϳј  J ɈЈ  k ĸƙʞκк  K ƘΚК\u20ad  L ŁȽʟΛЛ\u20a4  l łƚƛȴɫɬɭλл
m ɱ\u036bμм  M ΜМ  N ƝȠΝН\u20a6  n ƞȵɲɳɴνнんン  O ØƆƟɷΟΩОѠѪѺѼӨ  o øɔɵ\u0366οωоѡѫѻѽөぉお  o ォオ  P \u00b6ƤΠП  p ƥπп
q Ɋɋʠϟҁ  Q ϞҀ  R Ɍʀʁ\u02deΡР  r ɍɹɺɻɼɽɾɿ\u036cρр  s ȿʂςσсẜẝ  S ʃʅʆΣС  T ŦƬƮȾΤТ\u20ae  t ŧƫƭȶʇʈ\u036dτт  U ɄʊΥУҮ
u ɤʉ\u0367υуѸѹүぅうゥウ  V Ʋ\u02c5ˇ\u02d5ˬВ  v ʋ\u036eв  W ƜǷɯɰϜ\u20a9  w ƿʍϝ  x \u00d7\u036fξ  X \u02df  Y ƱƳȜɎɥʏЫѴ
y ƴȝɏʎыѵ  Z ƵȤʒʓΖЗ  z ƶȥɀʐʑζз  %0 \u2030  AE Æ  ae æӕ  Ae Ӕ  C/ \u00a2  CH Ϭ  ch ϭчҽӌ  Ch ЧҼӋ  CL \u20a1  Cr \u20a2
db ȸ  Dj Ђ  dj ђ  Dr \u20af  dz ʣʥѕӡ  dZ ʤ  Dz ЅӠ  FF \u20a3  fN ʩ  G' ҐҒҔ  g' ґғҕ  ha はハ  he へヘ  hi ひヒ  ho ほホ
hu ふフ  hv ƕ  HV Ƕ  Ia Я  ia я  ie єѥѩ  Ie ѤѨ  Io Ѭ  io ѭ  Iu Ю  iu ю  K' ҚҜҞҠӃ  k' қҝҟҡӄ  ka かカヵ  ke けケヶ  Kh ΧϦХҨ
kh χϧхҩ  ki きキ  ko こコ  Ks ΞѮ  ks ѯ  ku くク  Lj Љ  lj љ  ls ʪ  lZ ɮ  lz ʫ  ma まマ  me めメ  mi みミ  mo もモ  mu むム  N' ҢӇ
n' ңӈ  na なナ  ne ねネ  ng Ŋҥ  NG ŋ  Ng Ҥ  ni にニ  Nj Њ  nj њ  no のノ  NS \u20aa  nu ぬヌ  OE Œɶ  oe œ  OI Ƣ  oi ƣ  Ot Ѿ
ot ѿ  OU Ȣ  ou ȣ  P' Ҧ  p' ҧ  Ph Φ  ph φ  PP \u204b  PS \u00a3  Ps ΨѰ  ps ψѱ  qp ȹ  R' Ҏ  r' ҏ  ra らラ  re れレ  ri りリ
ro ろロ  ru るル  S' Ҫ  s' ҫ  sa さサ  se せセ  SH Ʃ  sh ƪϣш  Sh ϢШ  si しシ  so そソ  Sp Ϡ  sp ϡ  SS \u00a7  ss ß  Ss ẞ  St Ϛ
st ϛ  su すス  T' Ҭ  t' ҭ  ta たタ  tC ʨ  te てテ  Th ÞΘ  th þθ  Ti Ϯ  ti ϯちチ  to とト  ts ƾʦц  tS ʧ  Ts Ц  tu っつッツ  U' Ұ
u' ұ  wa ゎわヮワ  we ゑヱ  wi ゐヰ  wo をヲ  WW ʬ  Y= \u00a5  ya ゃやャヤ  yo ょよョヨ  YR Ʀ  yu ゅゆュユ  Z' Ҙ  z' ҙ  ZH ƷƸ  zh ƹƺж
Zh Ж  %00 \u2031  (c) \u00a9  (r) \u00ae  Ch' ҶҸҾ  ch' ҷҹҿ  deg \u00b0  Dzh Џ  dzh џ  ECU \u20a0  EUR \u20ac  Kh' Ҳ
kh' ҳ  mil \u20a5  Pts \u20a7  Tsh Ћ  tsh ћ  Tts Ҵ  tts ҵ  Zh' Җ  zh' җ  Shch Щ  shch щ  *1000* \u0482
*100.000* \u0488  *1.000.000* \u0489  ' ʹʼʿˈ\u02d3Ьь\u2018\u2019\u201b\u2032  - ƏǀǁǂǃǝɁɂɅəɚʌʔʕ  - ʖʘʡʢʭʺʻʽʾˀˁˆˉˊ
- ˋˌˍˎˏːˑˮ\u034f\u0350\u0351\u0352\u0353\u0354
- \u0355\u0356\u0357\u0358\u0359\u035a\u035b\u035c\u035d\u035e\u035fͰͱͲ
- ͳͶͷ\u0378\u0379ͻͼͽͿ\u0380\u0381\u0382\u0383\u038b  - \u038d\u03a2ϏϗϘϙϷϸϺϻϼϽϾϿ  - \u0487ҊҋҌҍӀӅӆӉӊӍӎӏӘ
- әӶӷӺӻӼӽӾӿԀԁԂԃԄ  - ԅԆԇԈԉԊԋԌԍԎԏԐԑԒ  - ԓԔԕԖԗԘԙԚԛԜԝԞԟԠ  - ԡԢԣԤԥԦԧԨԩԪԫԬԭԮ
- ԯỺỻỼỽỾỿ\u200b\u2060\u2061\u2062\u2063\u2064\u2065  - \u2066\u2067\u2068\u2069ⅎ\u3040ゕゖ\u3097\u3098ゝヽ
`
/** Signs that leave nothing, where others separate words. */
const DROPPED =
  '\u02e5\u02e6\u02e7\u02e8\u02e9\u02ea\u02eb\u2104\u2108\u2114\u2117\u2118\u211e\u211f\u2123\u2125\u2127\u2129\u212e\u213a\u30fb'

const ASCII_OF = new Map<string, string>(DROPPED.split('').map((sign) => [sign, '']))
for (const row of TABLE.trim().split(/ {2}|\n/)) {
  const [ascii = '', characters = ''] = row.split(' ')
  for (const character of characters) ASCII_OF.set(character, ascii)
}

/**
 * The text in plain ASCII, as the transliteration of genuine workers has it for the scripts of the table: marks fall off
 * their letters, Chinese characters become their sounds, other scripts are left out.
 */
export function toAscii(text: string): string {
  let ascii = ''
  for (const character of text.normalize('NFKD')) {
    if (character < '\u0080') ascii += character
    else ascii += ASCII_OF.get(character) ?? spellHan(character) ?? (isSign(character) ? '-' : '')
  }
  return ascii
}

/** Pictures and signs beyond the first plane leave nothing; other signs separate words. */
function isSign(character: string): boolean {
  const codePoint = character.codePointAt(0)!
  return codePoint < 0x10000 && !(codePoint >= 0x2600 && codePoint < 0x2900) && /[\p{S}\p{P}\p{Z}]/u.test(character)
}
