// Command link is a long cable in one machine: two TUN devices, and whatever goes into one comes out of the other after
// half a round trip. How long a round trip is stands in the address of the server: 198.18.80.1 is 80 ms away. Several
// distances are there at once, and nothing is lost, reordered or held up by bandwidth.
//
//	link SERVER-DEVICE CLIENT-DEVICE [JITTER-PERCENT]
//
// It prints "ready" when both devices are there; they are gone when it ends.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// packet waits on the cable until it is due.
type packet struct {
	due   time.Time
	bytes []byte
}

// open makes a TUN device whose packets have nothing in front of them.
func open(name string) (int, error) {
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("/dev/net/tun: %w", err)
	}
	var request [40]byte
	copy(request[:15], name)
	*(*uint16)(unsafe.Pointer(&request[16])) = syscall.IFF_TUN | syscall.IFF_NO_PI
	_, _, errno := syscall.Syscall(
		syscall.SYS_IOCTL, uintptr(fd), syscall.TUNSETIFF, uintptr(unsafe.Pointer(&request[0])))
	if errno != 0 {
		return 0, fmt.Errorf("device %s: %w", name, errno)
	}
	return fd, nil
}

// distance is the time of a round trip to the server that a packet goes to or comes from.
func distance(bytes []byte) time.Duration {
	for _, at := range []int{12, 16} {
		if bytes[at] == 198 && bytes[at+1] == 18 {
			return time.Duration(bytes[at+2]) * time.Millisecond
		}
	}
	return 0
}

// carry takes packets in at one end and gives them out at the other. Each distance is a cable of its own.
func carry(from, to int, jitter float64) {
	cables := map[time.Duration]chan packet{}
	latest := map[time.Duration]time.Time{}
	for {
		buffer := make([]byte, 2048)
		n, err := syscall.Read(from, buffer)
		if err != nil {
			// A device that is still down.
			time.Sleep(time.Millisecond)
			continue
		}
		if n < 20 || buffer[0]>>4 != 4 {
			continue
		}
		round := distance(buffer)
		cable, known := cables[round]
		if !known {
			cable = make(chan packet, 1<<16)
			cables[round] = cable
			go deliver(cable, to)
		}
		half := float64(round) / 2 * (1 + jitter*(2*rand.Float64()-1))
		due := time.Now().Add(time.Duration(half))
		// What jitters is the delay; the order stays.
		if due.Before(latest[round]) {
			due = latest[round]
		}
		latest[round] = due
		cable <- packet{due, buffer[:n]}
	}
}

func deliver(cable <-chan packet, to int) {
	for p := range cable {
		time.Sleep(time.Until(p.due))
		_, _ = syscall.Write(to, p.bytes)
	}
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: link SERVER-DEVICE CLIENT-DEVICE [JITTER-PERCENT]")
		os.Exit(2)
	}
	jitter := 0.0
	if len(os.Args) > 3 {
		percent, err := strconv.ParseFloat(os.Args[3], 64)
		if err != nil || percent < 0 || percent > 100 {
			fmt.Fprintln(os.Stderr, "link: jitter is a percentage from 0 to 100")
			os.Exit(2)
		}
		jitter = percent / 100
	}
	ends := [2]int{}
	for i := range ends {
		fd, err := open(os.Args[i+1])
		if err != nil {
			fmt.Fprintln(os.Stderr, "link:", err)
			os.Exit(1)
		}
		ends[i] = fd
	}
	fmt.Println("ready")
	go carry(ends[0], ends[1], jitter)
	carry(ends[1], ends[0], jitter)
}
