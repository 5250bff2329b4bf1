import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BudgetMeter } from "./budget-meter.ts";

describe("BudgetMeter", () => {
  it("allows all where nothing is limited", () => {
    const meter = new BudgetMeter({});
    for (let i = 0; i < 10_000; i++) expect(meter.open(0)).toBeUndefined();
    expect(meter.send(Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it("says which budget was used up, and does not count what was refused", () => {
    const meter = new BudgetMeter({ bytesOut: 10, connections: 2 });
    expect(meter.send(10)).toBeUndefined();
    expect(meter.send(1)).toMatchObject({ budget: "bytesOut", allowed: 10 });
    expect(meter.bytesOut).toBe(10);
    expect([meter.open(0), meter.open(1)]).toEqual([undefined, undefined]);
    expect(meter.open(2)).toMatchObject({ budget: "connections", allowed: 2 });
    expect(meter.connections).toBe(2);
  });

  it("gives a connection back that was refused after all, but not its place in the second", () => {
    const meter = new BudgetMeter({ connections: 1, connectionsPerSecond: 2 });
    expect(meter.open(0)).toBeUndefined();
    meter.giveBack();
    expect(meter.open(0)).toBeUndefined();
    meter.giveBack();
    expect(meter.connections).toBe(0);
    expect(meter.open(0)).toMatchObject({ budget: "connectionsPerSecond" });
  });

  it("lets as many through at once as a second gives, then as time passes", () => {
    const meter = new BudgetMeter({ connectionsPerSecond: 2 });
    expect([meter.open(1000), meter.open(1000)]).toEqual([undefined, undefined]);
    expect(meter.open(1000)).toMatchObject({ budget: "connectionsPerSecond" });
    expect(meter.open(1400)).toMatchObject({ budget: "connectionsPerSecond" });
    expect(meter.open(1500)).toBeUndefined();
    expect(meter.open(1200)).toMatchObject({ budget: "connectionsPerSecond" });
  });

  it("lets one through now and then where less than one a second is allowed", () => {
    const meter = new BudgetMeter({ connectionsPerSecond: 0.1 });
    expect(meter.open(0)).toBeUndefined();
    expect(meter.open(9_000)).toMatchObject({ budget: "connectionsPerSecond" });
    expect(meter.open(10_000)).toBeUndefined();
  });

  it("never lets more through than its budgets, whatever the order and the clock", () => {
    const step = fc.record({ now: fc.integer({ min: 0, max: 5000 }), bytes: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 1, max: 20 }), (steps, perSecond) => {
        const meter = new BudgetMeter({ bytesOut: 2000, connections: 30, connectionsPerSecond: perSecond });
        let [opened, sent] = [0, 0];
        for (const { now, bytes } of steps) {
          if (meter.open(now) === undefined) opened++;
          if (meter.send(bytes) === undefined) sent += bytes;
        }
        expect(sent).toBeLessThanOrEqual(2000);
        expect(opened).toBeLessThanOrEqual(Math.min(30, perSecond * 6));
      }),
    );
  });
});
