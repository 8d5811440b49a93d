package main

import (
	"strings"
	"testing"
)

func TestRename(t *testing.T) {
	for _, address := range []string{"registry.terraform.io/backupfw/backupfw", "registry.opentofu.org/backupfw/backupfw"} {
		got, err := rename([]byte(`{"format_version":"1.0","provider_schemas":{"` + address + `":{"functions":{"score":{}}}}}`))
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		want := `{"format_version":"1.0","provider_schemas":{"backupfw":{"functions":{"score":{}}}}}`
		if flat := strings.NewReplacer(" ", "", "\n", "").Replace(string(got)); flat != want {
			t.Errorf("%s: got %s\nwant %s", address, flat, want)
		}
	}
}

func TestRename_NotOurProvider(t *testing.T) {
	_, err := rename([]byte(`{"format_version":"1.0","provider_schemas":{"registry.terraform.io/hashicorp/random":{}}}`))
	if err == nil || !strings.Contains(err.Error(), "names none of") {
		t.Errorf("error %v, want one that says our provider is missing", err)
	}
}
