//go:build integration && linux

package kerneltest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Nobody answers SCTP, ESP, GRE and what goes to UDP port 0. A raw socket at
// the other end shows what passes: it gets a copy of every packet of its
// protocol after the hook input, whether the kernel knows the protocol or not.

// rawProtocols are those that raw sockets listen for.
var rawProtocols = []int{unix.IPPROTO_UDP, unix.IPPROTO_GRE, unix.IPPROTO_ESP, unix.IPPROTO_SCTP}

// send sends probes as raw packets, and looks at what arrives in the other
// namespace.
func (n *namespace) send(to *namespace, probes []*probe, wait time.Duration) error {
	var listeners []unix.PollFd
	defer func() {
		for _, l := range listeners {
			_ = unix.Close(int(l.Fd))
		}
	}()
	err := to.do(func() error {
		for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
			for _, protocol := range rawProtocols {
				fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, protocol)
				if err != nil {
					return err
				}
				listeners = append(listeners, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
				if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, p := range probes {
		if err := n.do(func() error { return p.sendRaw(uint64(i)) }); err != nil && !errors.Is(err, unix.EPERM) {
			return fmt.Errorf("%v: %w", p, err)
		}
	}
	for {
		ready, err := unix.Poll(listeners, int(wait.Milliseconds()))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil || ready == 0:
			return err
		}
		for _, l := range listeners {
			if err := receive(int(l.Fd), probes); err != nil {
				return err
			}
		}
	}
}

// sendRaw sends a packet that has the ports where UDP and SCTP have them, and
// the probe's number at its end.
func (p *probe) sendRaw(number uint64) error {
	family := unix.AF_INET
	if p.from.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, p.protocol)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Bind(fd, socketAddress(p.from, 0)); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	packet := make([]byte, 32)
	binary.BigEndian.PutUint16(packet, 40000)
	binary.BigEndian.PutUint16(packet[2:], p.port)
	binary.BigEndian.PutUint16(packet[4:], uint16(len(packet)))
	binary.BigEndian.PutUint64(packet[24:], number)
	return unix.Sendto(fd, packet, 0, socketAddress(p.to, 0))
}

// receive takes everything that has arrived at a socket.
func receive(fd int, probes []*probe) error {
	buffer := make([]byte, 2048)
	for {
		size, _, err := unix.Recvfrom(fd, buffer, 0)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case err != nil:
			return err
		case size < 32:
			continue
		}
		number := binary.BigEndian.Uint64(buffer[size-8 : size])
		if number < uint64(len(probes)) {
			probes[number].passed = true
		}
	}
}
