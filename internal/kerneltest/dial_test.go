//go:build integration && linux

package kerneltest

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// probe is a packet that is sent, and what became of it.
type probe struct {
	from, to netip.Addr
	protocol int
	port     uint16
	passed   bool
}

func (p *probe) String() string {
	return fmt.Sprintf("protocol %d from %s to %s port %d", p.protocol, p.from, p.to, p.port)
}

// answered reports whether the other end answers the probe. Nobody listens
// there: a port without listener answers TCP with a reset and UDP with an
// ICMP message, and the kernel answers pings itself.
func (p *probe) answered() bool {
	switch p.protocol {
	case unix.IPPROTO_UDP:
		return p.port != 0 // sockets refuse to send there
	case unix.IPPROTO_TCP, unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6:
		return true
	}
	return false
}

// atOnce is how many sockets are open at the same time.
const atOnce = 700

// dial sends probes that are answered, and waits for the answers.
func (n *namespace) dial(probes []*probe, wait time.Duration) error {
	for len(probes) > 0 {
		batch := probes[:min(atOnce, len(probes))]
		probes = probes[len(batch):]
		if err := n.dialBatch(batch, wait); err != nil {
			return err
		}
	}
	return nil
}

func (n *namespace) dialBatch(probes []*probe, wait time.Duration) error {
	var polled []unix.PollFd
	var waiting []*probe
	defer func() {
		for _, p := range polled {
			_ = unix.Close(int(p.Fd))
		}
	}()
	err := n.do(func() error {
		for _, p := range probes {
			fd, err := p.start()
			if fd >= 0 {
				polled = append(polled, unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT})
				if p.protocol != unix.IPPROTO_TCP {
					polled[len(polled)-1].Events = unix.POLLIN
				}
				waiting = append(waiting, p)
			}
			// EPERM is a packet of our own that was dropped on its way out.
			if err != nil && !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EINPROGRESS) {
				return fmt.Errorf("%v: %w", p, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	pending := slices.Clone(polled)
	open := len(pending)
	for deadline := time.Now().Add(wait); open > 0; {
		left := time.Until(deadline)
		if left <= 0 {
			return nil
		}
		ready, err := unix.Poll(pending, int(left.Milliseconds())+1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		for i := 0; ready > 0 && i < len(pending); i++ {
			if pending[i].Revents == 0 {
				continue
			}
			if err := waiting[i].finish(int(pending[i].Fd)); err != nil {
				return fmt.Errorf("%v: %w", waiting[i], err)
			}
			pending[i].Fd = -1 // poll passes over it
			pending[i].Revents = 0
			open--
		}
	}
	return nil
}

// start opens a socket and sends the first packet.
func (p *probe) start() (int, error) {
	family, kind, protocol := unix.AF_INET, unix.SOCK_DGRAM, p.protocol
	if p.from.Is6() {
		family = unix.AF_INET6
	}
	if p.protocol == unix.IPPROTO_TCP {
		kind = unix.SOCK_STREAM
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, socketAddress(p.from, 0)); err != nil {
		return fd, fmt.Errorf("bind: %w", err)
	}
	if p.protocol == unix.IPPROTO_ICMPV6 {
		// Messages that find neighbours pass with this limit, and pings do not.
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, 255); err != nil {
			return fd, err
		}
	}
	to := socketAddress(p.to, p.port)
	switch err := unix.Connect(fd, to); {
	case kind == unix.SOCK_STREAM && errors.Is(err, unix.ECONNREFUSED):
		p.passed = true
		return fd, nil
	case err != nil:
		return fd, err
	}
	message := []byte("?")
	switch p.protocol {
	case unix.IPPROTO_TCP:
		return fd, nil
	case unix.IPPROTO_ICMP:
		message = []byte{8, 0, 0, 0, 0, 0, 0, 1}
	case unix.IPPROTO_ICMPV6:
		message = []byte{128, 0, 0, 0, 0, 0, 0, 1}
	}
	return fd, unix.Send(fd, message, 0)
}

// finish looks at a socket that something has happened to.
func (p *probe) finish(fd int) error {
	if p.passed {
		return nil
	}
	number, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	isPing := p.protocol == unix.IPPROTO_ICMP || p.protocol == unix.IPPROTO_ICMPV6
	switch {
	case isPing && number == 0, !isPing && unix.Errno(number) == unix.ECONNREFUSED:
		p.passed = true
		return nil
	}
	return fmt.Errorf("an answer that means nothing: %w", unix.Errno(number))
}

func socketAddress(a netip.Addr, port uint16) unix.Sockaddr {
	if a.Is4() {
		return &unix.SockaddrInet4{Addr: a.As4(), Port: int(port)}
	}
	return &unix.SockaddrInet6{Addr: a.As16(), Port: int(port)}
}
