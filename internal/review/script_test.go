package review

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output of the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"review": func() {
		os.Exit(Run(os.Args[1:], Process{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
			Now: func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }, Version: "1.2.3"}))
	}})
}

// The scripts run the command as a process. $PLANS are the recorded plans, and
// $CONFIGURATIONS what was planned.
func TestScripts(t *testing.T) {
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PLANS", filepath.Join(testdata, "plans"))
			// Files are reported as below the folder of the configuration, which is
			// relative in a pipeline.
			return os.CopyFS(filepath.Join(env.WorkDir, "infra"), os.DirFS(filepath.Join(testdata, "configurations")))
		},
	})
}
