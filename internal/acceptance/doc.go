// Package acceptance proves the compiled rules on the real thing: Terraform
// applies them with the AWS provider to an emulator of the EC2 API, and the
// tests read back what arrived.
//
// It sees this module's provider as its users do, built and through the
// command line. The tests carry the build constraint "integration"; run them
// with "make integration". They need moto_server on PATH.
package acceptance
