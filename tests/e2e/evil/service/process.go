package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// SO_REUSEPORT of Linux; package syscall does not have it on every machine.
const reusePort = 15

func exits(code int, text string) func(string) {
	return func(string) {
		fmt.Fprintln(os.Stderr, text)
		os.Exit(code)
	}
}

func kill(number syscall.Signal) func() {
	return func() {
		syscall.Kill(os.Getpid(), number)
		forever()
	}
}

// Signals to oneself are asynchronous: nothing may answer in between.
func stopItself() {
	syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	time.Sleep(time.Second)
}

func parentOf(pid int) int {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	parent, err := strconv.Atoi(fields[1])
	must(err)
	return parent
}

func killParent(generations int, number syscall.Signal) {
	pid := os.Getpid()
	for i := 0; i < generations; i++ {
		pid = parentOf(pid)
	}
	syscall.Kill(pid, number)
	forever()
}

func ignoreTerm() {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
}

func spin() {
	go func() {
		for {
		}
	}()
}

// eatMemory meets a limit of its own, so that the machine does not.
func eatMemory() {
	data, err := os.ReadFile("/proc/self/statm")
	must(err)
	pages, err := strconv.ParseUint(strings.Fields(string(data))[0], 10, 64)
	must(err)
	limit := pages*uint64(os.Getpagesize()) + 256<<20
	must(syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: limit}))
	var kept [][]byte
	for {
		block := make([]byte, 16<<20)
		for i := 0; i < len(block); i += 4096 {
			block[i] = 1
		}
		kept = append(kept, block)
	}
}

// child leaves a shell behind that is in no session of ours, has no environment and no place,
// holds our output, and does not act on SIGTERM.
func child(script string) {
	command := exec.Command("/bin/sh", "-c", "trap '' TERM HUP INT; "+script)
	command.Env = []string{}
	command.Dir = "/"
	command.Stdout = os.Stdout
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	must(command.Start())
}

// leavesMany lets shells start others faster than one look at them takes.
func leavesMany(string) {
	for i := 0; i < 2; i++ {
		child("while :; do setsid sleep 3 & setsid sh -c 'sleep 3 & sleep 3' & sleep 0.2; done")
	}
}

// daemonises lets a child serve and ends, as daemons do.
func daemonises(addr string) {
	if os.Getenv("IS_DAEMON") != "" {
		return
	}
	command := exec.Command("/proc/self/exe", "--addr", addr)
	command.Env = append(os.Environ(), "IS_DAEMON=1")
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	must(command.Start())
	time.Sleep(100 * time.Millisecond)
	os.Exit(0)
}

// leavesPort gives the listening socket to a child that outlives it.
func leavesPort(addr string) net.Listener {
	listener := listenWell(addr)
	file, err := listener.(*net.TCPListener).File()
	must(err)
	command := exec.Command("/bin/sh", "-c", "trap '' TERM; sleep 300")
	command.Env = []string{}
	command.Dir = "/"
	command.ExtraFiles = []*os.File{file}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	must(command.Start())
	return listener
}

// elsewhere listens where nobody looks.
func elsewhere(string) net.Listener {
	return listenWell("127.0.0.1:0")
}

func morePorts(string) {
	listenWell("127.0.0.1:0")
	listenWell("127.0.0.1:0")
}

// neverAccepts fills its queue of callers; the kernel answers them.
func neverAccepts(addr string) net.Listener {
	listenWell(addr)
	forever()
	return nil
}

var opened net.Listener

// closable is a listener that the service can stop.
func closable(addr string) net.Listener {
	opened = listenWell(addr)
	return &patient{opened}
}

// patient does not tell http.Serve that nobody listens any more.
type patient struct{ net.Listener }

func (p *patient) Accept() (net.Conn, error) {
	conn, err := p.Listener.Accept()
	if err != nil {
		forever()
	}
	return conn, err
}

func shared(addr string) net.Listener {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			must(syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, reusePort, 1))
		})
	}}
	listener, err := config.Listen(context.Background(), "tcp", addr)
	must(err)
	return listener
}

func secondListener(addr string) net.Listener {
	shared(addr)
	return shared(addr)
}

// strangerBeside lets a process that is none of ours listen on the same port; see evil.py.
func strangerBeside(addr string) net.Listener {
	listener := shared(addr)
	note("STRANGER", addr+"\n")
	for {
		if _, err := os.Stat(os.Getenv("STRANGER") + ".listens"); err == nil {
			return listener
		}
		time.Sleep(5 * time.Millisecond)
	}
}
