// Package localprovider builds the provider of this repository and offers it
// to Terraform from a folder, as if it had been published.
package localprovider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	// Module is the Go module of the provider.
	Module = "github.com/backupfw/terraform-provider-backupfw"
	// Version is what the local build is offered as: below every release.
	Version = "0.0.1"
)

// Addresses are the provider's full names: the short source
// "backupfw/backupfw" means the first to Terraform and the second to OpenTofu.
var Addresses = []string{
	"registry.terraform.io/backupfw/backupfw",
	"registry.opentofu.org/backupfw/backupfw",
}

// RepositoryRoot returns the folder of the provider's go.mod, searched upwards
// from the working directory.
func RepositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for start := dir; ; {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+Module+"\n") {
			return dir, nil
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("%s is not inside a working copy of %s", start, Module)
		}
		dir = parent
	}
}

// Mirror is a folder in the layout of a Terraform filesystem mirror that holds
// this repository's provider.
type Mirror struct {
	// CLIConfig is the file to name in TF_CLI_CONFIG_FILE: it sends the
	// provider's addresses to the mirror and all others to where they live.
	CLIConfig string
	// Programs are the providers' binaries by name.
	Programs map[string]string
}

// Build compiles the provider in root and lays it out below dir, an empty or
// absent folder.
func Build(ctx context.Context, root, dir string) (Mirror, error) {
	return BuildWith(ctx, root, dir)
}

// Other is a further provider of this repository, for tests.
type Other struct {
	Name    string // the type in "backupfw/type"
	Package string // its folder below the root, with slashes
}

// BuildWith is Build with further providers beside the provider itself.
func BuildWith(ctx context.Context, root, dir string, others ...Other) (Mirror, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Mirror{}, err
	}
	mirror := Mirror{CLIConfig: filepath.Join(dir, "cli.tfrc"), Programs: map[string]string{}}
	addresses, err := mirror.layOut(ctx, root, dir, others)
	if err != nil {
		return Mirror{}, err
	}
	return mirror, os.WriteFile(mirror.CLIConfig, []byte(cliConfig(dir, addresses)), 0o644)
}

// PluginFolder is where command lines look for providers by themselves, without
// a configuration, below the home folder; on Windows below %APPDATA%.
func PluginFolder() (string, error) {
	if runtime.GOOS == "windows" {
		data, err := os.UserConfigDir()
		return filepath.Join(data, "terraform.d", "plugins"), err
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".terraform.d", "plugins"), err
}

// Install compiles the provider in root into a folder that PluginFolder names,
// over an earlier one, and returns the program.
func Install(ctx context.Context, root, folder string) (program string, err error) {
	m := Mirror{Programs: map[string]string{}}
	_, err = m.layOut(ctx, root, folder, nil)
	return m.Programs["backupfw"], err
}

// layOut compiles the providers into the folder and returns their addresses.
func (m Mirror) layOut(ctx context.Context, root, dir string, others []Other) (addresses []string, err error) {
	for _, p := range append([]Other{{Name: "backupfw", Package: "."}}, others...) {
		for _, address := range Addresses {
			address = path.Join(path.Dir(address), p.Name)
			addresses = append(addresses, address)
			if err := m.add(ctx, root, dir, address, p); err != nil {
				return nil, err
			}
		}
	}
	return addresses, nil
}

// add lays out a provider under an address, compiled when it is the first.
func (m Mirror) add(ctx context.Context, root, dir, address string, p Other) error {
	name := "terraform-provider-" + p.Name + "_v" + Version
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	file := filepath.Join(dir, filepath.FromSlash(address), Version, runtime.GOOS+"_"+runtime.GOARCH, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err // a process may run the old one, so it is not written over
	}
	if built := m.Programs[p.Name]; built != "" {
		return os.Link(built, file)
	}
	m.Programs[p.Name] = file
	return compile(ctx, root, p.Package, file, Version)
}

// buildFlags keep this machine out of the binary: the same sources give the
// same bytes in every folder. Releases are built with them, see .goreleaser.yml.
var buildFlags = []string{"-trimpath", "-buildvcs=false"}

// compile builds the program in a folder of root as that version. No C compiler
// is asked, because its version would be in the binary.
func compile(ctx context.Context, root, folder, file, version string) error {
	arguments := append([]string{"build", "-o", file, "-ldflags", "-X main.version=" + version}, buildFlags...)
	cmd := exec.CommandContext(ctx, "go", append(arguments, "./"+folder)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build in %s: %w\n%s", root, err, output)
	}
	return nil
}

func cliConfig(dir string, addresses []string) string {
	quoted := make([]string, len(addresses))
	for i, address := range addresses {
		quoted[i] = fmt.Sprintf("%q", address)
	}
	list := strings.Join(quoted, ", ")
	return fmt.Sprintf(`disable_checkpoint = true

provider_installation {
  filesystem_mirror {
    path    = %q
    include = [%s]
  }
  direct {
    exclude = [%s]
  }
}
`, filepath.ToSlash(dir), list, list)
}

// Environment returns the environment for a CLI that is to see this mirror and
// nothing of the user's own Terraform settings.
func (m Mirror) Environment() []string {
	env := make([]string, 0, len(os.Environ())+4)
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(strings.ToUpper(name), "TF_") {
			continue
		}
		env = append(env, pair)
	}
	return append(env,
		"TF_CLI_CONFIG_FILE="+m.CLIConfig,
		"TF_IN_AUTOMATION=1",
		"TF_INPUT=0",
		"CHECKPOINT_DISABLE=1",
	)
}
