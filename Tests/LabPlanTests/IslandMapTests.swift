import Testing

@testable import LabPlan

struct IslandMapTests {
    private func map(_ machines: String, separatesModels: Bool = false) throws -> IslandMap {
        let plan = try LabFile.parse(
            """
            name: islands
            until: 1s
            networks:
              slow: { subnet: 10.0.0.0/24, latency: 5ms }
              slower: { subnet: 10.0.1.0/24, latency: 80ms }
              bus: { subnet: 10.0.2.0/24, latency: 0s }
            machines:
            \(machines)
            """, name: "islands.yaml")
        return ResolvedTopology(plan, separatesModels: separatesModels).islands
    }

    @Test func latencySeparates() throws {
        let map = try map(
            "  a: { networks: [slow] }\n  b: { networks: [slow, slower] }\n  c: { networks: [slower] }")
        #expect(map.count == 3)
        #expect((0..<3).map { map.island(of: $0) } == [0, 1, 2])
        #expect(map.window == 5_000_000)
        #expect(map.turnarounds == [10_000_000, 10_000_000, 10_000_000])
        #expect(!map.hasNoDelay(0))
    }

    @Test func noLatencyJoins() throws {
        let map = try map(
            "  a: { networks: [bus] }\n  b: { networks: [slow] }\n  c: { networks: [bus, slow] }\n  d: { networks: [slow] }"
        )
        #expect(map.count == 3)
        #expect((0..<4).map { map.island(of: $0) } == [0, 1, 0, 2])
        #expect(map.hasNoDelay(0) && map.hasNoDelay(2) && !map.hasNoDelay(1))
        // One port of the joined island is on the slow network: what it sends comes back after two latencies.
        #expect(map.turnarounds == [10_000_000, 10_000_000, 10_000_000])
    }

    @Test func twoPortsOnANetworkHearEachOtherAfterOneLatency() throws {
        let map = try map(
            "  a: { networks: [bus, slow] }\n  b: { networks: [bus, slow] }\n  c: { networks: [slow] }")
        #expect(map.count == 2)
        #expect(map.turnarounds == [5_000_000, 10_000_000])
    }

    @Test func modelsShareAnIslandUnlessTheyAreSeparated() throws {
        let machines =
            "  a: { model: echo, networks: [slow] }\n  b: { networks: [slow] }\n  c: { model: sink, networks: [slow] }"
        let shared = try map(machines)
        #expect((0..<3).map { shared.island(of: $0) } == [0, 1, 0])
        #expect(shared.turnarounds == [5_000_000, 10_000_000])
        #expect(try map(machines, separatesModels: true).count == 3)
    }

    @Test func withoutNetworksTheLongestWindowHolds() throws {
        let map = try map("  a: {}\n  b: {}")
        #expect(map.count == 2 && map.window == IslandMap.longestWindow)
    }
}
