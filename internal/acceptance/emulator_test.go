//go:build integration

package acceptance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Emulator is a running emulator of the EC2 API. It ends with the test.
type Emulator struct {
	// Endpoint is what Terraform talks to. It passes every call on and
	// remembers its name.
	Endpoint string
	// EC2 reads what has arrived, past the record of calls.
	EC2 *EC2

	mu    sync.Mutex
	calls []string
}

// StartEmulator starts moto_server on a free port of the loopback interface
// and waits until it answers.
func StartEmulator(t *testing.T) *Emulator {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil {
		t.Fatalf("%v; get it with: pip install 'moto[ec2,server]'", err)
	}
	// Another process may take the port between its choice and its use.
	var address string
	for attempt := 1; ; attempt++ {
		address, err = startMoto(t, program)
		if err == nil {
			break
		}
		if attempt == 3 {
			t.Fatal(err)
		}
		t.Logf("attempt %d: %v", attempt, err)
	}

	target := &url.URL{Scheme: "http", Host: address}
	e := &Emulator{EC2: &EC2{Endpoint: target.String()}}
	proxy := httptest.NewServer(e.record(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}))
	t.Cleanup(proxy.Close)
	e.Endpoint = proxy.URL
	return e
}

// Calls returns the names of the API's actions that Terraform has called since
// the last Forget, sorted and each once.
func (e *Emulator) Calls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	calls := slices.Clone(e.calls)
	slices.Sort(calls)
	return slices.Compact(calls)
}

// Forget empties the record of calls.
func (e *Emulator) Forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = nil
}

func (e *Emulator) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		action := r.Method + " " + r.URL.Path
		if form, err := url.ParseQuery(string(body)); err == nil && form.Has("Action") {
			action = form.Get("Action")
			addMissingPorts(form)
			body = []byte(form.Encode())
		}
		e.mu.Lock()
		e.calls = append(e.calls, action)
		e.mu.Unlock()
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	})
}

// addMissingPorts makes up for a gap of the emulator. For a protocol without
// ports, such as 50, AWS wants none, and describes the rule with -1 in their
// place; moto answers with an internal error when they are missing, and
// describes -1 when it is sent -1. TCP, UDP and ICMP stay as they are: without
// ports AWS refuses them, and moto fails on them.
func addMissingPorts(form url.Values) {
	for name, values := range form {
		permission, found := strings.CutSuffix(name, "IpProtocol")
		if !found || len(values) != 1 {
			continue
		}
		switch values[0] {
		case "tcp", "6", "udp", "17", "icmp", "1":
			continue
		}
		for _, port := range []string{permission + "FromPort", permission + "ToPort"} {
			if !form.Has(port) {
				form.Set(port, "-1")
			}
		}
	}
}

// startMoto starts one server and returns its address once it answers.
func startMoto(t *testing.T, program string) (string, error) {
	t.Helper()
	port, err := freePort()
	if err != nil {
		return "", err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	log := &lockedBuffer{}
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.WaitDelay = 5 * time.Second
	bindToUs(cmd, syscall.SIGKILL)
	if err := cmd.Start(); err != nil {
		return "", err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait() //nolint:errcheck // it ends by our signal, or too early, which the log explains
		close(ended)
	}()
	t.Cleanup(func() {
		stopGroup(cmd, syscall.SIGKILL) //nolint:errcheck // it may have ended by itself
		<-ended
		if t.Failed() {
			t.Logf("last lines of moto_server:\n%s", log.Tail(4000))
		}
	})

	deadline := time.Now().Add(60 * time.Second)
	for {
		if answers(t.Context(), "http://"+address+"/moto-api/") {
			return address, nil
		}
		select {
		case <-ended:
			return "", fmt.Errorf("moto_server ended before it answered:\n%s", log.Tail(4000))
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return "", errors.New("moto_server did not answer within a minute")
		}
	}
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func answers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// lockedBuffer gathers output that is read while it still grows.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// Tail returns at most the last n bytes, lines about calls that went well
// left out.
func (b *lockedBuffer) Tail(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var text strings.Builder
	for line := range strings.Lines(b.text.String()) {
		if !strings.HasSuffix(line, "\" 200 -\n") {
			text.WriteString(line)
		}
	}
	return text.String()[max(0, text.Len()-n):]
}
