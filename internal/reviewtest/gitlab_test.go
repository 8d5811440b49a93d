//go:build integration

package reviewtest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	gitlabToken = "glpat-a-token-that-must-not-be-seen"
	gitlabBot   = "4711" // the id of the token's user
)

// startGitLab starts a stand-in for the part of GitLab's API that is used:
// notes of the merge request 5 of the project 99.
func startGitLab(t *testing.T) (apiURL string, b *board) {
	t.Helper()
	b = &board{}
	shape := func(p post) any {
		return map[string]any{"id": p.ID, "body": p.Body, "system": p.System, "author": map[string]any{"id": number(t, p.Author)}}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /user", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusOK, map[string]any{"id": number(t, gitlabBot), "username": "project_99_bot", "bot": true})
	})
	mux.HandleFunc("GET /projects/99/merge_requests/5/notes", func(w http.ResponseWriter, r *http.Request) {
		list := []any{}
		for _, p := range b.page(t, r, 20) {
			list = append(list, shape(p))
		}
		answer(t, w, http.StatusOK, list)
	})
	writes := func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%s %s: the content is of type %q, which GitLab would not read", r.Method, r.URL, got)
		}
		p, status := b.write(t, r, gitlabBot, r.PathValue("id"))
		if status >= 400 {
			answer(t, w, status, nil)
			return
		}
		answer(t, w, status, shape(p))
	}
	mux.HandleFunc("POST /projects/99/merge_requests/5/notes", writes)
	mux.HandleFunc("PUT /projects/99/merge_requests/5/notes/{id}", writes)
	return serveAPI(t, mux, map[string]string{"PRIVATE-TOKEN": gitlabToken}), b
}

func number(t *testing.T, text string) int {
	var n int
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Errorf("%q is not the id of a user", text)
	}
	return n
}

// gitlabRun is one run of the job for a merge request.
type gitlabRun struct {
	repository *repository
	apiURL     string
	config     string // BACKUPFW_CONFIG, when it is not the job's own
	token      string
}

// run executes the script of the job as a runner does, all lines in one shell.
// The image has none but the plain one when the job starts.
func (g gitlabRun) run(t *testing.T) (o outcome, checkout string) {
	t.Helper()
	job := readPipeline(t).Job
	checkout = g.repository.checkout()
	env := map[string]string{
		"CI": "true", "GITLAB_CI": "true", "CI_PROJECT_DIR": checkout,
		"CI_API_V4_URL": g.apiURL, "CI_PROJECT_ID": "99", "CI_MERGE_REQUEST_IID": "5",
	}
	if g.token != "" {
		env["BACKUPFW_TOKEN"] = g.token
	}
	for name, value := range job.Variables {
		env[name] = os.Expand(value, func(variable string) string {
			if env[variable] == "" {
				t.Fatalf("%s = %s has a variable that this test does not know", name, value)
			}
			return env[variable]
		})
	}
	if g.config != "" {
		env["BACKUPFW_CONFIG"] = g.config
	}
	script := filepath.Join(t.TempDir(), "script.sh")
	write(t, script, strings.Join(job.Script, "\n"))
	o = run(t, checkout, environment(t, env), "sh", "-e", script)
	if strings.Contains(o.output, gitlabToken) {
		t.Errorf("the log shows the token:\n%s", o.output)
	}
	return o, checkout
}

// TestGitLab_OneNote follows a merge request from a plan that is accepted to
// one that is rejected and back.
func TestGitLab_OneNote(t *testing.T) {
	t.Parallel()
	apiURL, b := startGitLab(t)
	crowd(b, "1", gitlabBot)
	b.mu.Lock()
	b.posts = append(b.posts, post{ID: 1, Author: gitlabBot, Body: markerLine, System: true})
	b.mu.Unlock()
	others := b.all()
	r := newRepository(t, "gitlab")
	g := gitlabRun{repository: r, apiURL: apiURL, config: "infrastructure", token: gitlabToken}

	want := "POST /projects/99/merge_requests/5/notes"
	for _, next := range []struct {
		fixture  string
		exit     int
		headline string
	}{
		{"accepted.tf", 0, "Firewall review: accepted\n"},
		{"rejected.tf", 1, "Firewall review: rejected\n"},
		{"waived.tf", 0, "Firewall review: accepted with waivers\n"},
		{"unknown.tf", 1, "Firewall review: not known yet\n"},
		{"accepted.tf", 0, "Firewall review: accepted\n"},
	} {
		r.commit("infrastructure", next.fixture)
		o, checkout := g.run(t)
		if o.exit != next.exit {
			t.Fatalf("%s: the job ended with %d, want %d:\n%s", next.fixture, o.exit, next.exit, o.output)
		}
		if calls := b.written(); !slices.Equal(calls, []string{want}) {
			t.Fatalf("%s: the job wrote %v, want %s", next.fixture, calls, want)
		}
		all := b.all()
		if len(all) != len(others)+1 || !slices.Equal(all[:len(others)], others) {
			t.Fatalf("%s: there are %d notes, want %d; one of somebody else may have changed", next.fixture, len(all), len(others)+1)
		}
		note := all[len(others)]
		want = fmt.Sprintf("PUT /projects/99/merge_requests/5/notes/%d", note.ID)
		if !strings.HasPrefix(note.Body, markerLine+"\n") || !strings.Contains(note.Body, next.headline) {
			t.Errorf("%s: the note is\n%s", next.fixture, note.Body)
		}
		if text := read(t, filepath.Join(checkout, ".backupfw-review", "comment.md")); text != note.Body {
			t.Errorf("%s: the note is not the review, byte for byte", next.fixture)
		}
		artifacts := readPipeline(t).Job.Artifacts
		for _, file := range append(artifacts.Paths, artifacts.Reports["junit"]) {
			if text := read(t, filepath.Join(checkout, file)); !strings.Contains(text, "backup-server") && next.exit == 0 {
				t.Errorf("%s: the artifact %s does not name the policy:\n%.500s", next.fixture, file, text)
			}
		}
	}
}

// TestGitLab_NoteFails: without a token, as in a fork, or when GitLab refuses,
// the log says so and the verdict stands.
func TestGitLab_NoteFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ token, want string }{
		"no token": {"", "BACKUPFW_TOKEN is not set"},
		"refused":  {gitlabToken, "The requested URL returned error: 403"},
	} {
		apiURL, b := startGitLab(t)
		b.broken = true
		for fixture, exit := range map[string]int{"accepted.tf": 0, "rejected.tf": 1} {
			r := newRepository(t, "gitlab")
			r.commit(".", fixture)
			o, checkout := gitlabRun{repository: r, apiURL: apiURL, token: test.token}.run(t)
			if o.exit != exit || !strings.Contains(o.output, test.want) || !strings.Contains(o.output, "There is no note of this review") {
				t.Errorf("%s, %s: the job ended with %d, want %d and %q:\n%s", name, fixture, o.exit, exit, test.want, o.output)
			}
			if text := read(t, filepath.Join(checkout, ".backupfw-review", "summary.md")); !strings.HasPrefix(text, markerLine) || len(b.all()) != 0 {
				t.Errorf("%s, %s: there are %d notes, and the artifact is\n%s", name, fixture, len(b.all()), text)
			}
		}
	}
}

// TestGitLab_CommittedPlan: a folder of the repository is not taken for the
// work of the job.
func TestGitLab_CommittedPlan(t *testing.T) {
	t.Parallel()
	apiURL, b := startGitLab(t)
	r := newRepository(t, "gitlab")
	if err := os.Mkdir(filepath.Join(r.dir, ".backupfw-review"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.dir, ".backupfw-review", "status"), "0\n")
	r.commit(".", "accepted.tf")
	o, _ := gitlabRun{repository: r, apiURL: apiURL, token: gitlabToken}.run(t)
	if o.exit == 0 || !strings.Contains(o.output, "File exists") || len(b.all()) != 0 {
		t.Errorf("the job ended with %d and wrote %d notes:\n%s", o.exit, len(b.all()), o.output)
	}
}
