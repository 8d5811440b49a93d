package provider_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// linuxClients narrows the answers to what Linux dials from.
var linuxClients = "32768-60999"

// number reads a number that is known.
func numberOf(t testing.TB, of tftypes.Value, name string) float64 {
	t.Helper()
	n, isNumber := get(t, of, name).(float64)
	if !isNumber {
		t.Fatalf("%s = %v", name, get(t, of, name))
	}
	return n
}

// A stateless filter lets answers pass: what that opens is scored and shown.
func TestNetworkACLRules_AnswersAreScored(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	policy := accepted()
	own, problems := s.read(t, "assessment", obj{"policy": policy})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	config := obj{"policy": policy, "peer_ephemeral_ports": linuxClients}
	state, problems := s.read(t, "aws_network_acl_rules", config)
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "WARN policy: Answers opened. ") || !strings.Contains(problems[0], "because a stateless filter must let the answers pass") {
		t.Fatalf("got %q, want a warning about answers", problems)
	}
	points, added := numberOf(t, state, "points"), numberOf(t, state, "added_points")
	if base := numberOf(t, own, "points"); added <= 0 || points-added-base > 1e-9 || base-points+added > 1e-9 {
		t.Errorf("points %v with %v added to %v", points, added, base)
	}
	if numberOf(t, state, "score") <= numberOf(t, own, "score") {
		t.Errorf("score %v is not above %v", numberOf(t, state, "score"), numberOf(t, own, "score"))
	}
	if got := keysOf(t, state, "egress"); len(got) != 1 || got[0] != "tcp-32768-60999-198.51.100.16/28" {
		t.Errorf("answers go out by %v", got)
	}
	// Fewer ports for answers cost less.
	config["peer_ephemeral_ports"] = "60000-60099"
	narrower, _ := s.read(t, "aws_network_acl_rules", config)
	if numberOf(t, narrower, "points") >= points {
		t.Errorf("100 ports for answers cost %v points, 28,232 cost %v", numberOf(t, narrower, "points"), points)
	}
}

func TestNetworkACLRules_AnswersOverTheLimit_AreRejected(t *testing.T) {
	t.Parallel()
	const message = "Policy rejected: score-limit"
	const reason = "With the answers that a stateless filter must let pass, the policy opens more than it says (its own score is 2). The score is 45 (high), and the limit is 40."
	state, problems := serve(t, nil).read(t, "aws_network_acl_rules", obj{"policy": accepted()})
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "ERROR policy: "+message+". "+reason) {
		t.Errorf("got %q, want %s", problems, reason)
	}
	const mark = " (score-limit, severity high; score 45, limit 40)" // the score with the answers
	if !strings.HasSuffix(problems[0], mark) {
		t.Errorf("%q does not end in%s", problems[0], mark)
	}
	if rules := get(t, state, "ingress"); rules != nil {
		t.Errorf("compiled to %v", rules)
	}
	_, failed := serve(t, nil).call(t, "aws_network_acl_rules", loose(t, accepted()))
	if !strings.HasPrefix(failed, "argument 0: policy: "+message+": "+reason) || !strings.HasSuffix(failed, mark) {
		t.Errorf("the function says %q", failed)
	}
	// Only warned of, it compiles all the same.
	state, problems = serve(t, obj{"enforcement": "warn"}).read(t, "aws_network_acl_rules", obj{"policy": accepted()})
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "WARN policy: Answers opened. ") || !strings.Contains(problems[0], message+". "+reason) || get(t, state, "ingress") == nil {
		t.Errorf("with enforcement = warn: %q", problems)
	}
	if _, failed := serve(t, nil).call(t, "aws_network_acl_rules", loose(t, accepted()), loose(t, obj{"enforcement": "warn"})); failed != "" {
		t.Errorf("the function with enforcement = warn says %q", failed)
	}
	// A waiver for the score accepts it, up to what it names.
	waiver := func(score int) obj {
		return with(accepted(), seq{obj{"finding": "score-limit", "max_score": score, "reason": "answers", "owner": "net@example.org", "expires": "2026-06-30"}}, "waiver")
	}
	if _, problems := serve(t, nil).read(t, "aws_network_acl_rules", obj{"policy": waiver(45)}); len(severity(problems, "ERROR ")) > 0 {
		t.Errorf("waived, it is rejected: %q", problems)
	}
	if _, problems := serve(t, nil).read(t, "aws_network_acl_rules", obj{"policy": waiver(44)}); len(severity(problems, "ERROR ")) != 1 {
		t.Errorf("waived up to 44, it is not rejected: %q", problems)
	}
}

func TestNetworkACLRules_EphemeralPorts_AreChecked(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	for _, text := range []string{"", "1024", "60999-32768", "1024-65536", "1024-65535/tcp", "any", "1024-2000,3000-4000", "1-2\n3-4", "tcp"} {
		_, problems := s.read(t, "aws_network_acl_rules", obj{"policy": accepted(), "peer_ephemeral_ports": text, "host_ephemeral_ports": text})
		wrong := 0
		for _, argument := range []string{"peer_ephemeral_ports", "host_ephemeral_ports"} {
			for _, p := range problems {
				if strings.HasPrefix(p, "ERROR "+argument+": Not a range of ports. "+argument+" = ") {
					wrong++
				}
			}
		}
		if text == "1024" {
			if wrong != 0 {
				t.Errorf("%q is refused: %q", text, problems)
			}
		} else if wrong != 2 || len(problems) != 2 {
			t.Errorf("%q: got %q, want a fault at each argument", text, problems)
		}
	}
}
