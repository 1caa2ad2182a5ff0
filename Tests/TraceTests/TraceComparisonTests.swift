import Calendar
import Foundation
import Testing
import Trace

/// Where two traces first differ.
struct TraceComparisonTests {
    private func compare(
        seeds: (UInt64, UInt64) = (7, 7), finished: Bool = true, _ first: @escaping (TraceRecorder) -> Void,
        _ second: @escaping (TraceRecorder) -> Void
    ) throws -> (comparison: TraceComparison, header: TraceHeader) {
        var paths: [String] = []
        defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
        var recorders: [TraceRecorder] = []
        for (seed, events) in [(seeds.0, first), (seeds.1, second)] {
            var header = TraceFileTests.header
            header.seed = seed
            paths.append(TraceFileTests.path())
            let recorder = try TraceRecorder(path: paths.last ?? "", header: header, level: .full)
            for time in 0..<30 { recorder.record(.update, 1, at: Instant(nanoseconds: UInt64(time))) }
            recorder.record(.console, 2, at: Instant(nanoseconds: 30), 4, 5)
            events(recorder)
            if finished { recorder.finish() } else { recorder.flush(before: .never) }
            recorder.sync()
            recorders.append(recorder)
        }
        let readers = (try TraceReader(path: paths[0]), try TraceReader(path: paths[1]))
        return (try TraceComparison(readers.0, readers.1), readers.0.header)
    }

    private func send(_ hash: UInt64, at time: UInt64) -> (TraceRecorder) -> Void {
        { $0.record(.send, 2, at: Instant(nanoseconds: time), 1, 98, hash) }
    }

    @Test func equalRunsHaveOneHash() throws {
        let (comparison, header) = try compare(send(1, at: 50), send(1, at: 50))
        #expect(comparison.areEqual)
        #expect(comparison.count == 32)
        let hash = try #require(comparison.hash)
        let text = comparison.text(header, names: ("a", "b"))
        #expect(text == "equal: 32 events, hash \(TraceHash.text(hash))\n")
    }

    @Test func theFirstDifferenceIsNamed() throws {
        let (comparison, header) = try compare(send(1, at: 50), send(2, at: 50))
        let divergence = try #require(comparison.divergence)
        #expect(!comparison.areEqual)
        #expect(divergence.position == 31)
        #expect(divergence.before.count == TraceComparison.context)
        #expect(divergence.before.last?.kind == .console)
        #expect(divergence.first?.fields.third == 1)
        #expect(divergence.second?.fields.third == 2)
        #expect(divergence.consoleLines == [2: 1])
        let text = comparison.text(header, names: ("one", "other"))
        #expect(text.hasPrefix("first difference at 0.000000050 s, m2, after 31 equal events\n"))
        #expect(text.contains("\none:   0.000000050 s  m2  send eth0, 98 bytes, hash 0000000000000001\n"))
        #expect(text.contains("\nother: 0.000000050 s  m2  send eth0, 98 bytes, hash 0000000000000002\n"))
    }

    @Test func theEarlierOfTwoIsWhatDiffers() throws {
        let (comparison, header) = try compare(send(1, at: 60), send(1, at: 50))
        #expect(comparison.text(header, names: ("a", "b")).hasPrefix("first difference at 0.000000050 s, m2"))
    }

    @Test func anEndIsADifference() throws {
        let (comparison, header) = try compare(send(1, at: 50)) { _ in }
        #expect(comparison.divergence?.second == nil && comparison.divergence?.first != nil)
        #expect(comparison.text(header, names: ("a", "b")).contains("b: the trace has ended"))
    }

    @Test func unfinishedRunsAreNotEqual() throws {
        let (comparison, header) = try compare(finished: false, send(1, at: 50), send(1, at: 50))
        #expect(comparison.divergence == nil)
        #expect(!comparison.areEqual)
        #expect(comparison.text(header, names: ("a", "b")).contains("not both traces are finished"))
    }

    @Test func anotherSeedIsAnotherLab() throws {
        let (comparison, header) = try compare(seeds: (7, 8), send(1, at: 50), send(1, at: 50))
        #expect(!comparison.areEqual)
        #expect(comparison.text(header, names: ("a", "b")).contains("their seeds are 7 and 8"))
    }
}
