//go:build integration

package reviewtest

import (
	"os"
	"path/filepath"
	"testing"
)

// repository is a scratch git repository with a recipe and a configuration.
type repository struct {
	t   *testing.T
	dir string
}

// newRepository holds the files of a recipe at its root.
func newRepository(t *testing.T, recipe string) *repository {
	t.Helper()
	r := &repository{t: t, dir: t.TempDir()}
	if err := os.CopyFS(r.dir, os.DirFS(filepath.Join(recipes, recipe))); err != nil {
		t.Fatal(err)
	}
	r.git("init", "--quiet")
	return r
}

func (r *repository) git(args ...string) {
	r.t.Helper()
	mustRun(r.t, r.dir, environment(r.t, nil), "git", args...)
}

// commit makes a fixture the whole configuration in a directory, with the lock
// file that its author would commit.
func (r *repository) commit(config, fixture string) {
	r.t.Helper()
	dir := filepath.Join(r.dir, config)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		r.t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("testdata", fixture))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), text, 0o644); err != nil {
		r.t.Fatal(err)
	}
	// By a shell, which looks for it where the pipelines do.
	mustRun(r.t, dir, environment(r.t, nil), "bash", "-c", "terraform init -no-color")
	if err := os.RemoveAll(filepath.Join(dir, ".terraform")); err != nil {
		r.t.Fatal(err)
	}
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", fixture)
}

// checkout is a fresh one of what was committed.
func (r *repository) checkout() string {
	r.t.Helper()
	dir := filepath.Join(r.t.TempDir(), "checkout")
	mustRun(r.t, r.dir, environment(r.t, nil), "git", "clone", "--quiet", r.dir, dir)
	return dir
}
