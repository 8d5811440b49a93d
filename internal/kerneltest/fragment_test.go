//go:build integration && linux

package kerneltest

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/backupfw/terraform-provider-backupfw/internal/compile/compiletest"
)

// TestKernel_Fragments sends datagrams that are larger than what the cable
// carries. All fragments but the first have no ports; connection tracking,
// which the chains ask for states, puts them together before.
func TestKernel_Fragments(t *testing.T) {
	require(t)
	n := newNetwork(t)
	p := compiletest.MustParse("policy p\ningress a 22/udp from 172.31.255.2 fd5a:c0de::2\negress b 22/udp to 172.31.255.2 fd5a:c0de::2")
	n.load(t, ruleset(t, p, closed))
	for _, way := range []struct {
		from, to *namespace
		probe    probe
		want     bool
	}{
		{n.peer, n.host, probe{from: peer4, to: host4, port: 22}, true},
		{n.peer, n.host, probe{from: peer6, to: host6, port: 22}, true},
		{n.peer, n.host, probe{from: peer4, to: host4, port: 23}, false},
		{n.peer, n.host, probe{from: peer6, to: host6, port: 23}, false},
		{n.host, n.peer, probe{from: host4, to: peer4, port: 22}, true},
		{n.host, n.peer, probe{from: host6, to: peer6, port: 22}, true},
		{n.host, n.peer, probe{from: host4, to: peer4, port: 23}, false},
		{n.host, n.peer, probe{from: host6, to: peer6, port: 23}, false},
	} {
		size, err := datagram(way.from, way.to, &way.probe, 4000)
		if err != nil && !errors.Is(err, unix.EPERM) {
			t.Fatal(err)
		}
		if want := map[bool]int{true: 4000}[way.want]; size != want {
			t.Errorf("from %s to %s port %d: %d bytes arrive, want %d", way.probe.from, way.probe.to, way.probe.port, size, want)
		}
	}
}

// datagram returns how many bytes arrive.
func datagram(from, to *namespace, p *probe, size int) (int, error) {
	open := func(n *namespace, act func(fd int) error) (fd int, err error) {
		err = n.do(func() error {
			family := unix.AF_INET
			if p.to.Is6() {
				family = unix.AF_INET6
			}
			if fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
				return err
			}
			return act(fd)
		})
		return fd, err
	}
	listener, err := open(to, func(fd int) error { return unix.Bind(fd, socketAddress(p.to, p.port)) })
	defer func() { _ = unix.Close(listener) }()
	if err != nil {
		return 0, err
	}
	sender, err := open(from, func(fd int) error { return unix.Sendto(fd, make([]byte, size), 0, socketAddress(p.to, p.port)) })
	defer func() { _ = unix.Close(sender) }()
	if err != nil {
		return 0, err
	}
	wait := unix.NsecToTimeval((500 * time.Millisecond).Nanoseconds())
	if err := unix.SetsockoptTimeval(listener, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
		return 0, err
	}
	got, _, err := unix.Recvfrom(listener, make([]byte, 2*size), 0)
	if errors.Is(err, unix.EAGAIN) {
		return 0, nil
	}
	return got, err
}
