package provider_test

import (
	"os"
	"strings"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/clitest"
)

// TestMain makes the real command line look for backupfw/backupfw, as users
// write it, and keeps it from calling home.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"TF_ACC_PROVIDER_NAMESPACE": "backupfw",
		"CHECKPOINT_DISABLE":        "1",
		"TF_CLI_CONFIG_FILE":        os.DevNull,
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	if os.Getenv("TF_ACC") != "" {
		if err := findRegistry(); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	for _, clean := range cleanups {
		clean()
	}
	os.Exit(code)
}

// findRegistry tells the test framework the host of the registry that a short
// source means to the command line under test.
func findRegistry() error {
	cli, err := clitest.Path()
	if err != nil {
		return err
	}
	tofu, err := clitest.IsOpenTofu(cli)
	if err != nil || !tofu {
		return err
	}
	host, _, _ := strings.Cut(clitest.OpenTofuAddress, "/")
	return os.Setenv("TF_ACC_PROVIDER_HOST", host)
}

// cleanups remove what all tests share.
var cleanups []func()
