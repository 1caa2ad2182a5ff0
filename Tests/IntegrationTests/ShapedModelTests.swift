import Foundation
import Report
import Testing

/// Models over links that shape their frames. All models share an island, so here networks go on when the calendar says.
struct ShapedModelTests {
    private func run(_ lab: String) throws -> (Scratch, FrameLog) {
        let scratch = try Scratch()
        try scratch.write("name: x\n" + lab, to: "x.yaml")
        let outcome = try Almanac.run(["run", "x.yaml"], in: scratch.path)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        return (scratch, try FrameLog("\(scratch.path)/out/x"))
    }

    @Test func timesAndRatesAreTheSums() throws {
        let (scratch, _) = try run(
            """
            until: 30s
            networks:
              lan: { subnet: 10.0.0.0/24, latency: 5ms, bandwidth: 10Mbit, latencies: { c: { d: 1ms } } }
            machines:
              a: { model: { kind: ping, to: b, count: 10 }, networks: { lan: { out: { latency: 1ms } } } }
              b: { model: echo, networks: { lan: { in: { bandwidth: 1Mbit, latency: 300us } } } }
              c:
                model: { kind: traffic, to: d, rate: 2000, count: 20000 }
                networks: { lan: { out: { bandwidth: 1Mbit, queue: 10 frames } } }
              d: { model: sink, networks: [lan] }
            """)
        // There 97.6 us at 10 Mbit/s (98 bytes and 24), 1 ms, 5 ms, 976 us at 1 Mbit/s, 300 us; back 97.6 us and 5 ms.
        let ping = scratch.read("out/x/machines/a/1.out")
        #expect(ping.contains("12.471200/12.471200/12.471200 ms"), "\(ping)")
        // 1000 bytes of data in 1066, twice as much as fits; what waits is 10 frames of 8.528 ms.
        let sink = scratch.read("out/x/machines/d/1.out")
        #expect(sink.contains("0.938 Mbit/s"), "\(sink)")
        #expect(sink.contains("/94.808000 ms"), "\(sink)")
    }

    /// A fault strikes what happens at its instant and after it, to the nanosecond, and frames under way everywhere do not keep
    /// the calendar from getting there.
    @Test(arguments: [1_500_121_600, 1_500_121_601] as [UInt64], [0, 2] as [UInt64])
    func faultsStrikeAtTheirInstant(at fault: UInt64, milliseconds: UInt64) throws {
        // The addresses are known later then, by whole milliseconds.
        let begin = fault + 4 * milliseconds * 1_000_000
        let links = "out: { latency: \(milliseconds)ms }, in: { bandwidth: 10Mbit }"
        let (scratch, log) = try run(
            """
            until: 3s
            networks: { lan: { subnet: 10.0.0.0/24, latency: 5ms, bandwidth: 10Mbit } }
            faults: [{ at: \(begin)ns, link: lan/a, loss: 100%, direction: out, for: 200ms }]
            machines:
              a: { model: { kind: traffic, to: b, rate: 1000 }, networks: { lan: { \(links) } } }
              b: { model: sink, networks: { lan: { \(links) } } }
            """)
        let latency = "\(6 + milliseconds).705600"
        #expect(
            scratch.read("out/x/machines/b/1.out").contains(
                "latency min/mean/max = \(latency)/\(latency)/\(latency) ms"))
        // A frame of 1042 bytes and 24 is on the wire 852.8 us after it was sent: at 1.5001216 s among others.
        let onTheWire = log.sendings.filter { $0.bytes == 1042 }.map { $0.at + 852_800 }
        let whole = begin / 100 * 100
        #expect(onTheWire.contains(whole) && onTheWire.contains(whole + 200_000_000))
        let lost = log.losses.map { $0.sending.at + 852_800 }
        #expect(lost == onTheWire.filter { $0 >= begin && $0 < begin + 200_000_000 })
        #expect(lost == log.losses.map(\.at) && lost.count == 200)
    }
}
