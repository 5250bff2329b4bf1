/**
 * Where clouds answer a machine's questions about itself, often with its credentials. Most lie in special ranges and
 * would be refused anyway; they are named so that the reason is precise. The one in a public range is why this exists.
 */
export const METADATA_ADDRESSES: Readonly<Record<string, string>> = {
  "169.254.169.254": "Amazon, Google, Azure, Oracle, DigitalOcean, OpenStack and others",
  "169.254.170.2": "Amazon ECS: credentials of a container",
  "169.254.170.23": "Amazon EKS: credentials of a pod",
  "169.254.0.23": "Tencent",
  "169.254.42.42": "Scaleway",
  "100.100.100.200": "Alibaba",
  "168.63.129.16": "Azure's wire server, in a public range",
  "192.0.0.192": "Oracle Classic",
  "fd00:ec2::254": "Amazon",
  "fd00:ec2::23": "Amazon EKS: credentials of a pod",
  "fd20:ce::254": "Google",
  "fd00:42::42": "Scaleway",
  "fe80::a9fe:a9fe": "OpenStack",
};
