package report

import (
	"reflect"
	"strings"

	"pgregory.net/rapid"

	"github.com/backupfw/terraform-provider-backupfw/internal/risk"
)

// fragments are what Markdown, HTML, Mermaid and forges give a meaning to.
var fragments = append([]string{
	"|", "\n", "\r\n", "\t", "  ", "```", "~~~", "`", "``", "</details>", "<details>", "<br>", "<sub>", "<script>", "<!--", "-->", "<?", "]]>",
	"https://example.org/a_b", "http://x", "ftp://y.example", "www.example.org", "//z", ":", "://", "a@example.org", "@octocat", "@org/team", "#12", "GH-7",
	"![i](https://example.org/i.png)", "[l](x)", "[l][m]", "[m]: https://example.org", "[^1]", "[!NOTE]", "- ", "* ", "+ ", "1. ", "2) ", "# ", "> ", "    ", "===", "---", "***", "- [ ] ",
	"*", "**", "_", "__", "~", "~~", "$", "$$x$$", ":smile:", "\\", "\\|", "&lt;", "&#96;", "&", ";", "#quot;", "\"]", "\"/]", "end", "click x", "%%", ":::exposed", "-->|x|", "{", "}",
	"\x00", "\xff", "\u202e", "\u200b", "\u2028", "\ufeff", "\U000e0041", "\U0010fffd", "\u3164", "\u00a0", "é", "日本", "🛑", "e\u0301", "2001:db8::/32", "0.0.0.0/0", "a.b[\"k\"]", "x",
}, hostileTexts...)

// drawText draws a text that somebody may have written to be misread.
func drawText(t *rapid.T) string {
	switch rapid.IntRange(0, 9).Draw(t, "kind of text") {
	case 0:
		return rapid.String().Draw(t, "text")
	case 1:
		return strings.Repeat(rapid.SampledFrom(fragments).Draw(t, "repeated"), rapid.IntRange(1, 400).Draw(t, "times"))
	case 2:
		return "plain text"
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 6).Draw(t, "fragments"), "")
}

// draw fills a value of the model: every text is hostile, save those words that
// the provider itself chooses.
func draw(t *rapid.T, v reflect.Value, name string) {
	sampled := func(words ...string) { v.SetString(rapid.SampledFrom(words).Draw(t, name)) }
	switch v.Kind() {
	case reflect.String:
		switch v.Interface().(type) {
		case Kind:
			sampled(string(PolicyKind), string(CloudRulesKind))
		case risk.Verdict:
			sampled(string(risk.Accept), string(risk.AcceptWithWaivers), string(risk.Unknown), string(risk.Rejected))
		case risk.Effect:
			sampled(string(risk.Reject), string(risk.Accepted), string(risk.Warn), string(risk.Info), "no-such-effect", "")
		default:
			if name == "Action" && rapid.Bool().Draw(t, "known action") {
				sampled("create", "update", "delete", "no-op")
				return
			}
			v.SetString(drawText(t))
		}
	case reflect.Int:
		v.SetInt(rapid.Int64Range(-1, 120).Draw(t, name))
	case reflect.Float64:
		v.SetFloat(float64(rapid.Int64Range(0, 1<<33).Draw(t, name)))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, name) {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem(), name)
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, name)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i), name)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			draw(t, v.Field(i), v.Type().Field(i).Name)
		}
	}
}

func drawReport(t *rapid.T) *Report {
	r := &Report{}
	draw(t, reflect.ValueOf(r).Elem(), "report")
	// Some lists are longer than what is shown of them.
	if len(r.Subjects) > 0 && rapid.IntRange(0, 3).Draw(t, "long") == 0 {
		s := &r.Subjects[0]
		for _, list := range []reflect.Value{reflect.ValueOf(&s.Findings), reflect.ValueOf(&s.Waivers), reflect.ValueOf(&s.Contributions), reflect.ValueOf(&s.Advice), reflect.ValueOf(&s.Notes)} {
			if list = list.Elem(); list.Len() == 0 || rapid.Bool().Draw(t, "this one") {
				continue
			}
			for n := rapid.IntRange(0, 130).Draw(t, "more"); n > 0; n-- {
				list.Set(reflect.Append(list, list.Index(0)))
			}
		}
	}
	r.Finish()
	return r
}
