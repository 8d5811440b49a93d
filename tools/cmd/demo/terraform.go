package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// terraform is the command line with the environment to run it in.
type terraform struct {
	cli string
	env []string
}

// accepted plans and applies the module and returns its outputs.
func (t terraform) accepted(ctx context.Context, dir string) (outputs, error) {
	var shown outputs
	for _, args := range [][]string{
		{"init", "-no-color"},
		{"plan", "-no-color", "-out=tfplan"},
		{"apply", "-no-color", "tfplan"},
	} {
		if output, err := t.run(ctx, dir, args...); err != nil {
			return shown, fmt.Errorf("%s: %w\n%s", args[0], err, output)
		}
	}
	text, err := t.run(ctx, dir, "output", "-json")
	if err != nil {
		return shown, fmt.Errorf("output: %w\n%s", err, text)
	}
	return readOutputs(text)
}

// rejected plans the module and returns what was printed about its errors. It
// fails unless the plan does.
func (t terraform) rejected(ctx context.Context, dir string) (message string, err error) {
	if output, err := t.run(ctx, dir, "init", "-no-color"); err != nil {
		return "", fmt.Errorf("init: %w\n%s", err, output)
	}
	output, err := t.run(ctx, dir, "plan", "-no-color")
	var exit *exec.ExitError
	switch {
	case err == nil:
		return "", errors.New("the policy with forty well-known ports was planned, and it has to be rejected")
	case !errors.As(err, &exit) || exit.ExitCode() != 1:
		return "", fmt.Errorf("plan: %w\n%s", err, output)
	}
	return errorsOf(string(output)), nil
}

// errorsOf is the part of a failed plan's output from the first error on.
func errorsOf(output string) string {
	for _, mark := range []string{"╷\n│ Error: ", "\nError: "} {
		if at := strings.Index(output, mark); at >= 0 {
			return strings.Trim(output[at:], "\n") + "\n"
		}
	}
	return output
}

// run runs the command line and returns what it printed, errors last.
func (t terraform) run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, t.cli, args...)
	cmd.Dir, cmd.Env = dir, t.env
	// A graceful end, so that the provider's process ends too.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	return append(stdout.Bytes(), stderr.Bytes()...), err
}

// outputs are the outputs of the accepted module.
type outputs struct {
	Question struct{ Four, Forty candidate }
	Accepted struct {
		Score         int
		Verdict       string
		Findings      []finding
		Contributions []contribution
	}
	AWSRules struct{ Ingress, Egress map[string]rule }
}

type candidate struct {
	Ports  string
	Score  int
	Points float64
}

type finding struct{ Code, Effect, Message string }

type contribution struct {
	Service, Direction string
	Ports              []string
	Hosts, Points      float64
}

type rule struct {
	Protocol    string `json:"ip_protocol"`
	FromPort    int    `json:"from_port"`
	ToPort      int    `json:"to_port"`
	CIDRv4      string `json:"cidr_ipv4"`
	CIDRv6      string `json:"cidr_ipv6"`
	Description string
}

// readOutputs reads what "output -json" prints.
func readOutputs(text []byte) (outputs, error) {
	var shown outputs
	var printed map[string]struct{ Value json.RawMessage }
	if err := json.Unmarshal(text, &printed); err != nil {
		return shown, fmt.Errorf("output -json: %w", err)
	}
	for name, target := range map[string]any{"question": &shown.Question, "accepted": &shown.Accepted, "aws_rules": &shown.AWSRules} {
		output, there := printed[name]
		if !there {
			return shown, fmt.Errorf("the module has no output %q", name)
		}
		if err := json.Unmarshal(output.Value, target); err != nil {
			return shown, fmt.Errorf("output %q: %w", name, err)
		}
	}
	return shown, nil
}
