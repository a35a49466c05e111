import { describe, expect, test } from 'vitest'
import { GoMap, GoNil, GoStruct, GoTime } from './go-value.ts'
import { runTemplate } from './run-template.ts'

const value = new GoStruct(
  {
    Name: '',
    Digest: 'sha256:aa',
    Created: new GoTime('2024-05-01T10:00:00.5+02:00'),
    Labels: new GoMap([
      ['b', '2'],
      ['a', '<1>'],
    ]),
    Layers: ['x', 'y'],
    Data: [new GoStruct({ Size: 118, Annotations: new GoNil('map') })],
    Env: new GoNil('list'),
  },
  { Name: 'Name?' },
)

describe('a template of Go', () => {
  test.each([
    ['plain', 'plain'],
    ['{{.Name}}|{{ .Digest }}', '|sha256:aa'],
    ['{{.Created}}', '2024-05-01 10:00:00.5 +0200 +0200'],
    ['{{.Labels}} {{.Layers}} {{.Env}} {{.Data}}', 'map[a:<1> b:2] [x y] [] [{118 map[]}]'],
    ['{{.Labels.a}} {{index .Labels "b"}} {{index .Labels "c"}}{{(index .Data 0).Size}}', '<1> 2 118'],
    ['{{range .Layers}}{{.}},{{end}}', 'x,y,'],
    ['{{range $k, $v := .Labels}}{{$k}}={{$v}}{{"\\n"}}{{end}}', 'a=<1>\nb=2\n'],
    ['{{range $i, $_ := .Layers}}{{$i}}{{$.Digest}} {{end}}', '0sha256:aa 1sha256:aa '],
    ['{{range .Env}}x{{else}}none{{end}}', 'none'],
    ['{{if .Env}}a{{else if .Layers}}b{{else}}c{{end}}', 'b'],
    ['{{if and .Layers (eq .Digest "sha256:aa")}}yes{{end}}', 'yes'],
    ['{{with .Labels}}{{.a}}{{end}}', '<1>'],
    ['{{$d := .Digest}}{{$d}}', 'sha256:aa'],
    ['a {{- .Digest -}} b', 'asha256:aab'],
    ['{{/* nothing */}}{{len .Layers}}', '2'],
    ['{{.Layers | json}} {{json .Labels}}', '["x","y"] {"a":"\\u003c1\\u003e","b":"2"}'],
    ['{{join .Layers ", " | upper}}', 'X, Y'],
    [
      '{{json .}}',
      '{"Digest":"sha256:aa","Created":"2024-05-01T10:00:00.5+02:00","Labels":{"a":"\\u003c1\\u003e","b":"2"},' +
        '"Layers":["x","y"],"Data":[{"Size":118,"Annotations":null}],"Env":null}',
    ],
  ])('%s', (template, text) => {
    expect(runTemplate(template, value)).toBe(text)
  })

  test.each([
    ['{{.Nme}}', "can't evaluate field Nme"],
    ['{{.Name', 'not closed'],
    ['{{foo}}', 'function "foo" not defined'],
    ['{{if .Name}}x', '{{end}} is missing'],
    ['{{end}}', 'unexpected {{end}}'],
    ['{{$x}}', 'undefined variable "$x"'],
    ['{{range .Digest}}{{end}}', "can't iterate"],
    ['{{template "x"}}', 'function "template" not defined'],
    ['{{(.Name}}', 'unclosed left paren'],
    ['{{index .Layers 2}}', 'out of range'],
    ['{{.Name | .Digest}}', "can't give argument"],
    ['{{}}', 'missing value'],
    ['{{ ! }}', 'unexpected "!"'],
  ])('%s is refused', (template, why) => {
    expect(() => runTemplate(template, value)).toThrow(expect.objectContaining({ code: 'bad-argument' }))
    expect(() => runTemplate(template, value)).toThrow(why)
  })
})
