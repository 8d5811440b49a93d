package localprovider

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCompile_SameBytesFromTwoFolders builds copies of the sources that differ
// in all that must not matter: where they are, how long that path is, and when
// the files were written.
func TestCompile_SameBytesFromTwoFolders(t *testing.T) {
	root, err := RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	scratch := t.TempDir()
	short := filepath.Join(scratch, "a")
	long := filepath.Join(scratch, "another-folder", "with-a-longer-path")
	copySources(t, root, short, time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC))
	copySources(t, root, long, time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC))

	first := compiled(t, short, Version)
	second := compiled(t, long, Version)
	if !bytes.Equal(first, second) {
		t.Errorf("two builds of the same sources differ: %s (%d bytes) and %s (%d bytes)", digest(first), len(first), digest(second), len(second))
	}
	t.Logf("%d bytes, SHA-256 %s", len(first), digest(first))

	// Bytes that were equal whatever goes in would prove nothing.
	if other := compiled(t, short, "9.9.9"); bytes.Equal(first, other) {
		t.Error("a build of another version has the same bytes")
	}

	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{scratch, root, home + string(filepath.Separator)} {
		if bytes.Contains(first, []byte(path)) {
			t.Errorf("the binary contains %q, a path of this machine", path)
		}
	}

	info, err := buildinfo.Read(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
		if strings.HasPrefix(setting.Key, "vcs") {
			t.Errorf("the binary records %s=%s: an archive of the sources, which has no history, would give other bytes", setting.Key, setting.Value)
		}
	}
	for key, want := range map[string]string{"-trimpath": "true", "CGO_ENABLED": "0"} {
		if settings[key] != want {
			t.Errorf("the binary records %s=%q, want %q", key, settings[key], want)
		}
	}
}

// compiled returns the binary that compile makes of the sources in root.
func compiled(t *testing.T, root, version string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "provider")
	if err := compile(t.Context(), root, ".", file, version); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// copySources copies what the provider is built from, and dates it.
func copySources(t *testing.T, from, to string, written time.Time) {
	t.Helper()
	for _, name := range []string{"go.mod", "go.sum", "main.go", "internal"} {
		err := filepath.WalkDir(filepath.Join(from, name), func(file string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if entry.Name() == "testdata" {
					return filepath.SkipDir
				}
				return nil
			}
			if strings.HasSuffix(file, "_test.go") {
				return nil
			}
			relative, err := filepath.Rel(from, file)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			target := filepath.Join(to, relative)
			if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(target, text, 0o644); err != nil {
				return err
			}
			return os.Chtimes(target, written, written)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
