package risk

import (
	"fmt"
	"math"
	"testing"

	"github.com/backupfw/terraform-provider-backupfw/internal/policy"
)

const (
	dmz28   = "198.51.100.16/28"
	quiet40 = "29168-29207/tcp"
	quiet4  = "29168-29171/tcp"
)

// ssh is a flow of a product that runs over SSH.
func ssh() policy.PortRange { return flow("veeam", "server-to-repository-ssh") }

// TestCalibration is the binding table of the scoring design, a row each.
func TestCalibration(t *testing.T) {
	one := func(p policy.PortRange, peers ...policy.PeerGroup) *Assessment {
		return assessed(t, ingress("clients", p, peers...))
	}
	rejectedBy := func(a *Assessment, codes ...Code) error {
		if a.Verdict != Rejected {
			return fmt.Errorf("verdict %s, want reject", a.Verdict)
		}
		for _, code := range a.raised(Reject) {
			for _, want := range codes {
				if code == want {
					return nil
				}
			}
		}
		return fmt.Errorf("rejected by %v, want one of %v", a.raised(Reject), codes)
	}
	accepted := func(a *Assessment, most int) error {
		if a.Verdict != Accept || a.Score > most {
			return fmt.Errorf("verdict %s (%v) with score %d, want accept with at most %d", a.Verdict, a.raised(Reject), a.Score, most)
		}
		return nil
	}
	all := func(errs ...error) error {
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return nil
	}
	check := func(holds bool, format string, args ...any) error {
		if holds {
			return nil
		}
		return fmt.Errorf(format, args...)
	}

	rows := []struct {
		id, what string
		holds    func() error
	}{
		{"C1", "forty quiet negotiated ports against four", func() error {
			ratio := one(negotiated("vault", quiet40), dmz(dmz28)).Points / one(negotiated("vault", quiet4), dmz(dmz28)).Points
			return check(ratio <= 1.25, "ratio %.3f, want at most 1.25", ratio)
		}},
		{"C2", "forty well-known ports against forty negotiated ones", func() error {
			bad, good := one(undeclared("low", "100-139/tcp"), dmz(dmz28)), one(negotiated("vault", "40000-40039/tcp"), dmz(dmz28))
			ratio := bad.Points / good.Points
			return all(check(ratio >= 15, "ratio %.1f, want at least 15", ratio), rejectedBy(bad, WellKnownPort))
		}},
		{"C3", "1024-65535 negotiated against 40000-40039", func() error {
			return all(rejectedBy(one(negotiated("vault", "1024-65535/tcp"), dmz(dmz28)), ScoreLimit),
				accepted(one(negotiated("vault", "40000-40039/tcp"), dmz(dmz28)), 3))
		}},
		{"C4", "Veeam data movers 2500-3300", func() error {
			p := policyOf(ingress("clients", flow("veeam", "data-mover-range"), dmz(dmz28)))
			a := assessedWith(t, p, testSettings())
			for _, advice := range Advise(p, a) {
				if advice.Action == "narrow-range" && advice.ScoreAfter < a.Score {
					return accepted(a, 15)
				}
			}
			return fmt.Errorf("no advice to narrow the range of score %d", a.Score)
		}},
		{"C5", "49152-65535 negotiated", func() error {
			a := one(negotiated("vault", "49152-65535/tcp"), dmz(dmz28))
			return all(accepted(a, 5), check(a.finding(EphemeralOverlap) != nil, "no finding ephemeral-overlap"))
		}},
		{"C6", "RDP from everywhere", func() error {
			a := one(undeclared("rdp", "3389/tcp"), anywhere("0.0.0.0/0"))
			return all(check(a.Score == 100, "score %d, want 100", a.Score), rejectedBy(a, SensitiveService))
		}},
		{"C7", "RDP from one internal host", func() error {
			a := one(undeclared("rdp", "3389/tcp"), internal("10.1.2.3/32"))
			p := policyOf(ingress("clients", undeclared("rdp", "3389/tcp"), internal("10.1.2.3/32")))
			p.Waivers = []policy.Waiver{{Finding: string(SensitiveService), Ports: ports("3389/tcp"), Peers: addresses("10.1.2.3/32"),
				Reason: "jump host", Owner: "ops", Expires: today.AddDays(100)}}
			waived := assessedWith(t, p, testSettings())
			return all(check(a.Score <= 5, "score %d, want at most 5", a.Score), rejectedBy(a, SensitiveService),
				check(waived.Verdict == AcceptWithWaivers, "with a waiver: %s %v", waived.Verdict, waived.raised(Reject)))
		}},
		{"C8", "SSH of a product that runs over it, from an internal /24", func() error {
			return accepted(one(ssh(), internal("10.1.2.0/24")), 10)
		}},
		{"C9", "the same from 10.0.0.0/8", func() error {
			return rejectedBy(one(ssh(), internal("10.0.0.0/8")), ScoreLimit, BroadPeer)
		}},
		{"C10", "forty negotiated ports from everybody, in four spellings", func() error {
			vault := negotiated("vault", "40000-40039/tcp")
			ipv4 := one(vault, anywhere("0.0.0.0/0"))
			halves := one(vault, anywhere("0.0.0.0/1", "128.0.0.0/1"))
			mapped := one(vault, anywhere("::ffff:0:0/96"))
			return all(rejectedBy(ipv4, AnyPeer), rejectedBy(halves, AnyPeer), rejectedBy(mapped, AnyPeer),
				rejectedBy(one(vault, anywhere("::/0")), AnyPeer),
				check(ipv4.Points == halves.Points && ipv4.Points == mapped.Points,
					"points %v, %v and %v differ", ipv4.Points, halves.Points, mapped.Points))
		}},
		{"C11", "each halving of the peers lowers the points by the same amount", func() error {
			var points []float64
			for bits := 8; bits <= 26; bits++ { // exposure 2^24 down to 64
				points = append(points, one(negotiated("vault", "40000-40039/tcp"), internet(fmt.Sprintf("20.0.0.0/%d", bits))).Points)
			}
			first := points[0] - points[1]
			for i := 1; i+1 < len(points); i++ {
				if step := points[i] - points[i+1]; first <= 0 || math.Abs(step-first) > 0.03*first {
					return fmt.Errorf("halving %d lowers by %.4f, the first by %.4f", i, step, first)
				}
			}
			return nil
		}},
		{"C12", "a /28 moved from the DMZ to the internet", func() error {
			inside, outside := one(negotiated("vault", quiet40), dmz(dmz28)).Points, one(negotiated("vault", quiet40), internet(dmz28)).Points
			return check(outside > inside && outside <= 3*inside, "from %.3f to %.3f, want more, at most threefold", inside, outside)
		}},
		{"C13", "every port to one internal host", func() error {
			return rejectedBy(one(undeclared("all", "0-65535/tcp"), internal("10.1.2.3/32")), ScoreLimit)
		}},
		{"C14", "adding a second backup product adds at most its own score", func() error {
			veeam := ingress("veeam", flow("veeam", "agent-to-repository"), dmz(dmz28))
			bareos := ingress("bareos", flow("bareos", "fd-to-sd"), dmz(dmz28))
			both, alone, second := assessed(t, veeam, bareos), assessed(t, veeam), assessed(t, bareos)
			return check(both.Points <= alone.Points+second.Points+1e-6 && both.Points > alone.Points,
				"%.3f and %.3f make %.3f", alone.Points, second.Points, both.Points)
		}},
	}
	for _, row := range rows {
		t.Run(row.id, func(t *testing.T) {
			if err := row.holds(); err != nil {
				t.Errorf("%s: %v", row.what, err)
			}
		})
	}
}
