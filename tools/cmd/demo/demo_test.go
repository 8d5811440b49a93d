package main

import (
	"strings"
	"testing"
)

const printed = `{
  "question": {"sensitive": false, "type": [], "value": {
    "four":  {"ports": "29168-29171/tcp", "points": 1.333333, "score": 2},
    "forty": {"ports": "29168-29207/tcp", "points": 1.534662, "score": 2}}},
  "accepted": {"value": {"score": 2, "verdict": "accept",
    "findings": [{"code": "ephemeral-overlap", "effect": "info", "message": "May be taken."}],
    "contributions": [
      {"service": "vault", "class": "backup_listener", "direction": "ingress", "rules": ["data"], "ports": ["29168-29207/tcp"], "hosts": 16, "points": 1.534662},
      {"service": "agent", "class": "backup_listener", "direction": "egress", "rules": ["control"], "ports": ["29160/tcp"], "hosts": 16, "points": 0.30303}]}},
  "aws_rules": {"value": {
    "ingress": {"b": {"ip_protocol": "tcp", "from_port": 29168, "to_port": 29207, "cidr_ipv4": null, "cidr_ipv6": "2001:db8:40::/64", "description": "server: data"},
                "a": {"ip_protocol": "tcp", "from_port": 29168, "to_port": 29207, "cidr_ipv4": "198.51.100.16/28", "cidr_ipv6": null, "description": "server: data"}},
    "egress":  {"c": {"ip_protocol": "tcp", "from_port": 29160, "to_port": 29160, "cidr_ipv4": "198.51.100.16/28", "cidr_ipv6": null, "description": "server: control"}}}}
}`

func example(t *testing.T) outputs {
	t.Helper()
	shown, err := readOutputs([]byte(printed))
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

func TestQuestion(t *testing.T) {
	const want = `
               open             points  score
  four ports   29168-29171/tcp  1.33    2 of 100
  forty ports  29168-29207/tcp  1.53    2 of 100

No: 1.15 times the points.`
	if got := question(example(t)); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant it to have\n%s", got, want)
	}
}

func TestAcceptedPolicy(t *testing.T) {
	got := acceptedPolicy(example(t))
	for _, want := range []string{
		`Score 2 of 100, verdict "accept".`,
		`
  service  direction  ports            hosts  points
  vault    ingress    29168-29207/tcp  16     1.53
  agent    egress     29160/tcp        16     0.30
  sum                                         1.84
`,
		`
Findings:
  ephemeral-overlap (info): May be taken.
`,
		`
  direction  protocol  ports        peer              description
  ingress    tcp       29168-29207  198.51.100.16/28  server: data
  ingress    tcp       29168-29207  2001:db8:40::/64  server: data
  egress     tcp       29160        198.51.100.16/28  server: control
`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%s\nwant it to have\n%s", got, want)
		}
	}
	quiet := example(t)
	quiet.Accepted.Findings = nil
	if got := acceptedPolicy(quiet); !strings.Contains(got, "Findings: none.") {
		t.Errorf("no findings are shown as\n%s", got)
	}
}

func TestErrorsOf(t *testing.T) {
	const plan = "Plan: 2 to add\n"
	for output, want := range map[string]string{
		plan + "╷\n│ Error: Policy rejected: any-peer\n│ ...\n╵\n":        "╷\n│ Error: Policy rejected: any-peer\n│ ...\n╵\n",
		plan + "\nError: Policy rejected: any-peer\n\nWhy.\n\nError: b\n": "Error: Policy rejected: any-peer\n\nWhy.\n\nError: b\n",
		"something else": "something else",
	} {
		if got := errorsOf(output); got != want {
			t.Errorf("%q: got %q, want %q", output, got, want)
		}
	}
}

func TestRejectedPolicy_ShowsTheMessageIndented(t *testing.T) {
	if got := rejectedPolicy("Error: a\n\n  with b\n"); !strings.Contains(got, "\n  Error: a\n\n    with b\n\nNothing was opened") {
		t.Errorf("got\n%s", got)
	}
}

func TestReadOutputs_Missing(t *testing.T) {
	_, err := readOutputs([]byte(`{"question": {"value": {}}, "accepted": {"value": {}}}`))
	if err == nil || !strings.Contains(err.Error(), `no output "aws_rules"`) {
		t.Errorf("error %v, want one that names the output", err)
	}
}

func TestCheckShown(t *testing.T) {
	if err := checkShown(example(t)); err != nil {
		t.Errorf("the example is refused: %v", err)
	}
	for want, spoil := range map[string]func(*outputs){
		"at most a quarter more": func(o *outputs) { o.Question.Forty.Points = 13.3 },
		"and four have 0.00":     func(o *outputs) { o.Question.Four.Points = 0 },
		`policy is "reject"`:     func(o *outputs) { o.Accepted.Verdict = "reject" },
		"not compiled":           func(o *outputs) { o.AWSRules.Egress = nil },
	} {
		shown := example(t)
		spoil(&shown)
		if err := checkShown(shown); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestCheckMessage(t *testing.T) {
	if err := checkMessage("Error: Policy rejected: well-known-port\n100-139/tcp are well known"); err != nil {
		t.Error(err)
	}
	if err := checkMessage("Error: Failed to load plugin"); err == nil {
		t.Error("another error counts as a rejection")
	}
}
