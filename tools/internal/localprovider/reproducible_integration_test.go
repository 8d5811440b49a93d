//go:build integration

package localprovider

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"
)

// TestCompile_SameBytesFromAnEmptyCache compiles every package anew, down to
// the standard library, so that nothing of the first build can be in the second.
func TestCompile_SameBytesFromAnEmptyCache(t *testing.T) {
	root, err := RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	warm := compiled(t, root, Version)

	sources := filepath.Join(t.TempDir(), "elsewhere")
	copySources(t, root, sources, time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC))
	t.Setenv("GOCACHE", t.TempDir())
	if cold := compiled(t, sources, Version); !bytes.Equal(warm, cold) {
		t.Errorf("two builds of the same sources differ: %s (%d bytes) and %s (%d bytes)", digest(warm), len(warm), digest(cold), len(cold))
	}
}
