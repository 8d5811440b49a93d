package provider_test

import (
	"os"
	"testing"
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
	code := m.Run()
	for _, clean := range cleanups {
		clean()
	}
	os.Exit(code)
}

// cleanups remove what all tests share.
var cleanups []func()
