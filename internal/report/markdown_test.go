package report

import "testing"

func TestMarkdown_Samples(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) { golden(t, "markdown/"+s.name, []byte(Markdown(s.report, CommentLimit))) })
	}
}
