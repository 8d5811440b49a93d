// Package kerneltest proves nftables rulesets on the real thing: nft loads what
// the emitter writes into a network namespace, and packets that come from a
// second one, or go there, pass or do not, as the policy says.
//
// The namespaces belong to threads of the test and vanish with them; no packet
// leaves them. The tests carry the build constraint "integration"; run them
// with "make integration". They need Linux, root, and nft and ip on PATH.
package kerneltest
