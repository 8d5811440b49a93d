package startup

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// lineVariable makes the test binary a provider that says this line.
const lineVariable = "STARTUP_TEST_LINE"

func TestMain(m *testing.M) {
	line, play := os.LookupEnv(lineVariable)
	if !play {
		os.Exit(m.Run())
	}
	if os.Getenv("TF_PLUGIN_MAGIC_COOKIE") == "" || !strings.Contains(os.Getenv("PLUGIN_CLIENT_CERT"), "BEGIN CERTIFICATE") {
		os.Exit(1)
	}
	time.Sleep(20 * time.Millisecond)
	fmt.Println(line)
	time.Sleep(time.Minute)
}

func TestMeasure_TimesTheAnswer(t *testing.T) {
	t.Setenv(lineVariable, "1|6|unix|/tmp/plugin1|grpc|MIIB")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	runs, err := Measure(t.Context(), []string{self, self}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2 || len(runs[0]) != 3 || len(runs[1]) != 3 {
		t.Fatalf("runs = %v, want three of each of two", runs)
	}
	for _, run := range runs[0] {
		if run.Handshake < 20*time.Millisecond || run.Handshake > 10*time.Second {
			t.Errorf("handshake after %v, and it comes after 20ms", run.Handshake)
		}
	}
}

func TestMeasure_RefusesOtherLines(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"This binary is a plugin.":       "no handshake of protocol 6",
		"1|5|unix|/tmp/p|grpc|MIIB":      "no handshake of protocol 6",
		"1|6|unix|/tmp/p|grpc|":          "has no certificate",
		"1|6|tcp|127.0.0.1:1|netrpc|MII": "no handshake of protocol 6",
	} {
		t.Setenv(lineVariable, line)
		if _, err := Measure(t.Context(), []string{self}, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", line, err, want)
		}
	}
}
