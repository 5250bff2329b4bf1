export { bubblewrapArguments, type Bind } from "./bubblewrap.ts";
export { cgroupHost, makeCgroups, planCgroups, type CgroupLimits } from "./cgroup.ts";
export { findCgroupHost, type CgroupHost, type Controller } from "./cgroup-host.ts";
export { CANNOT_JOIN_CGROUP, EMPTY_FD, jailUid, launchCommand } from "./launch.ts";
export { readJailFile } from "./jail-file.ts";
