// certs DIR: an authority (ca.pem), a certificate it signed for localhost (server.pem, server.key), and
// another authority that signed nothing (other.pem).
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func write(dir, name, kind string, der []byte) {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	check(os.WriteFile(filepath.Join(dir, name), text, 0o644))
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
}

func authority(dir, file, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	ca := template(name)
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	check(err)
	write(dir, file, "CERTIFICATE", der)
	return ca, key
}

func main() {
	dir := os.Args[1]
	ca, caKey := authority(dir, "ca.pem", "test authority")
	authority(dir, "other.pem", "other authority")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	leaf := template("test service")
	leaf.DNSNames = []string{"localhost"}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	check(err)
	write(dir, "server.pem", "CERTIFICATE", der)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	write(dir, "server.key", "PRIVATE KEY", private)
}
