import { expect, test } from 'vitest'
import { readBaseRegistries } from './build-image.ts'
import { toEngineOptions } from './build-options.ts'

test("the options of a build step, in docker-py's names, are given to the engine in its own", () => {
  const given = {
    cache_from: ['a:1'],
    network_mode: 'host',
    extra_hosts: { a: '1.2.3.4', b: '5.6.7.8' },
    buildargs: { PORT: 80, NONE: null },
    container_limits: { memory: 1000 },
    platform: 'linux/arm64',
    pull: true,
    target: null,
    gzip: true,
  }
  expect(toEngineOptions(given)).toEqual({
    cachefrom: ['a:1'],
    networkmode: 'host',
    extrahosts: 'a:1.2.3.4,b:5.6.7.8',
    buildargs: { PORT: '80', NONE: null },
    memory: 1000,
    platform: 'linux/arm64',
    pull: true,
  })
})

test('an option that a build does not have is refused, with the nearest', () => {
  expect(() => toEngineOptions({ buildarg: {} })).toThrow('a build has no option buildarg. Did you mean buildargs?')
  expect(() => toEngineOptions({ container_limits: { cpu: 1 } })).toThrow('container_limits.cpu')
})

test('the registries of base images are read from the Dockerfile; stages and variables are none', () => {
  const dockerfile = `
ARG BASE
FROM --platform=$BUILDPLATFORM host:5000/base:1 AS build
from ghcr.io/a/b
FROM $BASE
FROM scratch
COPY --chown=0 --from=quay.io/x/y /a /b
COPY --from=build /a /b
COPY --from=0 package.json .
`
  expect(readBaseRegistries(dockerfile)).toEqual(['host:5000', 'ghcr.io', 'quay.io'])
})
