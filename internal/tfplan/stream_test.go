package tfplan

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadStream_EveryPartOfAStream(t *testing.T) {
	for _, name := range []string{"terraform-1.11.4/good.jsonl", "terraform-1.8.5/widened.jsonl", "tofu-1.12.6/widened.jsonl", "tofu-1.8.11/mixed.jsonl"} {
		whole := bytes.TrimSpace(recorded(t, filepath.Dir(name), filepath.Base(name)))
		// Only whole lines are read, and of these only what has an error or the
		// summary: nothing after them says that the stream is whole.
		failed, planned := false, false
		for i := range len(whole) + 1 {
			atEnd := i == len(whole) || whole[i] == '\n' || i > 0 && whole[i-1] == '\n'
			if i == len(whole) || whole[i] == '\n' {
				line := whole[bytes.LastIndexByte(whole[:i], '\n')+1 : i]
				failed = failed || bytes.Contains(line, []byte(`"severity":"error"`))
				planned = planned || bytes.Contains(line, []byte(`"operation":"plan"`)) && bytes.Contains(line, []byte(`"type":"change_summary"`))
			}
			s, err := ReadStream(bytes.NewReader(whole[:i]))
			switch {
			case (err == nil) != (atEnd && (failed || planned)):
				t.Fatalf("%s: the first %d bytes of %d: %v", name, i, len(whole), err)
			case err != nil && (s != nil || !strings.Contains(err.Error(), wantStream)):
				t.Fatalf("%s: the first %d bytes of %d: %v", name, i, len(whole), err)
			case err == nil && (s.HasErrors() != failed || s.Planned != planned):
				t.Fatalf("%s: the first %d bytes of %d are %+v", name, i, len(whole), s)
			}
		}
		if !planned || failed != strings.Contains(name, "widened") {
			t.Errorf("%s: planned is %t, failed is %t", name, planned, failed)
		}
	}
}

const (
	versionLine = `{"@level":"info","@message":"x","type":"version","terraform":"1.11.4","ui":"1.2"}` + "\n"
	planned     = `{"@level":"info","type":"change_summary","changes":{"add":1,"operation":"plan"}}` + "\n"
	errorLine   = `{"@level":"error","type":"diagnostic","diagnostic":{"severity":"error","summary":"S","detail":"D","address":"t.a","range":{"filename":"a.tf","start":{"line":2,"column":3,"byte":9},"end":{"line":4,"column":5,"byte":19}},"snippet":{"code":"x"}}}` + "\n"
	warningLine = `{"@level":"warn","type":"diagnostic","diagnostic":{"severity":"warning","summary":"W"}}` + "\n"
)

func TestReadStream_Diagnostics(t *testing.T) {
	s, err := ReadStream(strings.NewReader(versionLine + "\n  \r\n" + warningLine + `{"type":"later","diagnostic":{"severity":"error"}}` + "\n" + errorLine))
	if err != nil {
		t.Fatal(err)
	}
	if s.Planned || !s.HasErrors() || len(s.Diagnostics) != 2 || s.Diagnostics[0].Range != nil || s.Diagnostics[0].Severity != "warning" {
		t.Fatalf("read %+v", s)
	}
	d := s.Diagnostics[1]
	if d.Summary != "S" || d.Detail != "D" || d.Address != "t.a" || d.Range == nil || *d.Range != (Range{"a.tf", Pos{2, 3}, Pos{4, 5}}) {
		t.Errorf("read %+v with %+v", d, d.Range)
	}
	s, err = ReadStream(strings.NewReader(warningLine + planned + warningLine))
	if err != nil || !s.Planned || s.HasErrors() || len(s.Diagnostics) != 2 {
		t.Errorf("read %+v, %v", s, err)
	}
}

func TestReadStream_Unreadable(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "there are none",
		"\n \n":                   "there are none",
		versionLine:               "cut off",
		versionLine + warningLine: "cut off",
		"Error: no\n":             "line 1",
		versionLine + "\nx\n":     "line 3",
		planned + "{}\n":          "line 2: it has no type",
		planned + "[]\n":          "line 2",
		planned + planned[:20]:    "line 2",
		planned + "null\n":        "line 2",
		`{"type":"diagnostic"}`:   "a diagnostic has no content",
		planned + `{"type":"change_summary","type":"diagnostic"}`:                           "duplicate",
		planned + `{"type":"diagnostic","diagnostic":{"summary":"S"}}`:                      `severity ""`,
		planned + `{"type":"diagnostic","diagnostic":{"severity":"fatal"}}`:                 `severity "fatal"`,
		`{"type":"change_summary","changes":{"operation":"apply"}}`:                         "cut off",
		`{"type":"change_summary","changes":{}}`:                                            "cut off",
		`{"type":"change_summary"}`:                                                         "cut off",
		`{"type":"later","changes":{"operation":"plan"},"diagnostic":{"severity":"error"}}`: "cut off",
	} {
		if s, err := ReadStream(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), wantStream) {
			t.Errorf("%s: %+v, %v, want %s", text, s, err, want)
		}
	}
}
