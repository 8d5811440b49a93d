// Package startup measures how soon a provider answers after it was started,
// and what it occupies while it waits.
package startup

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/backupfw/terraform-provider-backupfw/tools/internal/procmeter"
)

// Run is one start of a provider.
type Run struct {
	// Handshake is the time from exec to the line with which the provider says
	// where it listens.
	Handshake time.Duration
	// Resident is the memory at rest in bytes, 0 where the system does not tell.
	Resident int64
}

// settle is how long a provider that has answered is left alone before its
// memory is read.
const settle = 50 * time.Millisecond

// patience bounds the wait for an answer.
const patience = 30 * time.Second

// Measure starts each provider so many times, in turns, so that what else the
// machine does hits all alike. The result has the runs of each provider in the
// order of providers.
func Measure(ctx context.Context, providers []string, times int) ([][]Run, error) {
	certificate, err := clientCertificate()
	if err != nil {
		return nil, err
	}
	// A provider that is killed leaves its socket behind.
	sockets, err := os.MkdirTemp("", "startup")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(sockets)
	env := append(os.Environ(),
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
		"PLUGIN_PROTOCOL_VERSIONS=6",
		"PLUGIN_MIN_PORT=10000",
		"PLUGIN_MAX_PORT=25000",
		"PLUGIN_CLIENT_CERT="+certificate,
		"PLUGIN_UNIX_SOCKET_DIR="+sockets,
	)
	runs := make([][]Run, len(providers))
	for range times {
		for i, provider := range providers {
			run, err := start(ctx, provider, env)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", provider, err)
			}
			runs[i] = append(runs[i], run)
		}
	}
	return runs, nil
}

// start starts a provider as Terraform does, waits for its answer and ends it.
func start(ctx context.Context, provider string, env []string) (Run, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, provider)
	cmd.Env = env
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return Run{}, err
	}
	begin := now()
	if err := cmd.Start(); err != nil {
		return Run{}, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	run := Run{Handshake: now().Sub(begin)}
	if err == nil {
		err = checkHandshake(line)
	} else {
		err = fmt.Errorf("no handshake: %w", err)
	}
	if err == nil {
		time.Sleep(settle)
		run.Resident = procmeter.Resident(cmd.Process.Pid)
	}
	// It would wait for its caller for ever; how it ends is not measured.
	killed := cmd.Process.Kill()
	var exit *exec.ExitError
	if waited := cmd.Wait(); waited != nil && !errors.As(waited, &exit) {
		err = errors.Join(err, waited)
	}
	return run, errors.Join(err, killed)
}

// checkHandshake fails for a line that is not that of a provider with protocol
// 6: core protocol, protocol, network, address, kind of server, certificate.
func checkHandshake(line string) error {
	fields := strings.Split(strings.TrimSpace(line), "|")
	if len(fields) < 6 || fields[0] != "1" || fields[1] != "6" || fields[4] != "grpc" {
		return fmt.Errorf("the first line is %q and no handshake of protocol 6", line)
	}
	if fields[5] == "" {
		return fmt.Errorf("the handshake %q has no certificate, which Terraform asks for", line)
	}
	return nil
}

// clientCertificate is a certificate such as Terraform shows to each provider.
// A provider that gets one makes its own, which is part of what a start costs.
func clientCertificate() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		return "", err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "localhost", Organization: []string{"benchmark"}},
		DNSNames:              []string{"localhost"},
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		NotBefore:             now().Add(-time.Hour),
		NotAfter:              now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}

func now() time.Time {
	return time.Now() //nolint:forbidigo // to measure is to read the clock
}
