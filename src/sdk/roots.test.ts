import { rootCertificates } from "node:tls";
import { expect, it } from "vitest";
import { requireCertificates } from "./roots.ts";

it("takes certificates, and tells what is none", () => {
  expect(() => {
    requireCertificates(rootCertificates.slice(0, 3));
  }).not.toThrow();
  for (const wrong of ["", "/etc/ssl/certs/ca-certificates.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
    expect(() => {
      requireCertificates([rootCertificates[0] ?? "", wrong]);
    }).toThrow("roots[1] is no certificate");
});
