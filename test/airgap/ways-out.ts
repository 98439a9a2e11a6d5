/**
 * Does a packet get out of here?
 *
 * @module
 */
import { readFileSync } from "node:fs";

/**
 * What leads out of the network namespace of this process by what the kernel says of it: default routes, as
 * `interface via gateway`. Links to namespaces that a test made have none.
 */
export function waysOut(): readonly string[] {
  return [...defaultRoutes4(), ...defaultRoutes6()];
}

function defaultRoutes4(): readonly string[] {
  const [, ...rows] = readFileSync("/proc/self/net/route", "utf8").trimEnd().split("\n");
  return rows.flatMap((row) => {
    const [device = "", destination, gateway, , , , , mask] = row.split("\t");
    return destination === "00000000" && mask === "00000000" ? [`${device} via ${gateway}`] : [];
  });
}

function defaultRoutes6(): readonly string[] {
  const rows = readFileSync("/proc/self/net/ipv6_route", "utf8").trimEnd().split("\n");
  return rows.flatMap((row) => {
    const [destination = "", length, , , gateway, , , , , device = ""] = row.split(/\s+/);
    // Every namespace has one of loopback that refuses.
    const leads = /^0+$/.test(destination) && length === "00" && device !== "lo";
    return leads ? [`${device} via ${gateway}`] : [];
  });
}
