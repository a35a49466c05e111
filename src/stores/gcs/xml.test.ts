import fc from 'fast-check'
import { expect, test } from 'vitest'
import { elements, elementText, escapeXml } from './xml.ts'

test('elements are found by name, with what is in them', () => {
  const xml = '<R xmlns="x"><Part><N>1</N></Part><Parts>no</Parts><Part><N>2</N></Part></R>'
  expect(elements(xml, 'Part').map(part => elementText(part, 'N'))).toEqual(['1', '2'])
  expect([elementText(xml, 'Absent'), elements(xml, 'Absent')]).toEqual([undefined, []])
})

test.each([
  ['&lt;&gt;&amp;&quot;&apos;', `<>&"'`],
  ['&#252;&#x65E5;&#x1F600;', 'ü日😀'],
  ['&unknown;&#x110000;&amp;amp;', '&unknown;&#x110000;&amp;'],
])('%s is %s', (written, text) => {
  expect(elementText(`<K>${written}</K>`, 'K')).toBe(text)
})

test('any text comes back as it was written', () => {
  fc.assert(fc.property(fc.string(), text => elementText(`<K>${escapeXml(text)}</K>`, 'K') === text))
})

test('tags that nothing closes are looked at once', () => {
  expect(elements('<Upload>'.repeat(1_000_000), 'Upload')).toEqual([])
})

test('what every object has is no entity', () => {
  expect(elementText('<K>&constructor;</K>', 'K')).toBe('&constructor;')
})
