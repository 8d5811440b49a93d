package render_test

import (
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/render"
)

func TestNew_SaysAllThatIsMissing(t *testing.T) {
	_, err := render.New(t.Context(), render.Options{Chromium: "no-such-browser", Mermaid: "no-such.js"})
	if err == nil {
		t.Fatal("starts without browser and Mermaid")
	}
	for _, want := range []string{`"no-such-browser"`, "apt-get install chromium", render.ChromiumVariable, `"no-such.js"`, "make render-test", render.MermaidVariable} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}
