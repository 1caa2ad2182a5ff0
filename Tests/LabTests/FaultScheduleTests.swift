import Calendar
import Network
import Testing

@testable import Lab
@testable import LabPlan

/// What active faults do together.
struct FaultScheduleTests {
    private func schedule(_ actions: [FaultAction], lasting duration: UInt64? = 10) -> FaultSchedule {
        FaultSchedule(actions.map { FaultPlan(start: .at(1), duration: duration, action: $0) })
    }

    private func at(_ nanoseconds: UInt64) -> Instant { Instant(nanoseconds: nanoseconds) }

    @Test func momentsAreOverWhenTheyBegin() {
        var faults = schedule(
            [
                .kill(machine: 0, restartAfter: nil), .restart(machine: 0),
                .clock(machine: 0, step: 5, drift: nil),
            ], lasting: nil)
        for fault in 0..<3 {
            faults.begin(fault, at: at(1))
            #expect(!faults.states[fault].isActive)
            let wasActive = faults.end(fault, at: at(2))
            #expect(!wasActive)
        }
        #expect(faults.activeActions.isEmpty)
        #expect(faults.isQuiet)
    }

    @Test func aKillWithARestartIsOverWhenTheMachineBoots() {
        var faults = schedule([.kill(machine: 1, restartAfter: 7), .pause(machine: 1)], lasting: nil)
        faults.begin(0, at: at(1))
        faults.begin(1, at: at(1))
        faults.endKills(of: 0, at: at(2))
        #expect(faults.states[0].isActive)
        faults.endKills(of: 1, at: at(8))
        #expect(faults.states[0].ended == at(8))
        #expect(faults.pauses(1) && !faults.pauses(0))
    }

    @Test func theLastActiveDriftCounts() {
        var faults = schedule([
            .clock(machine: 0, step: nil, drift: 100), .clock(machine: 0, step: nil, drift: -200),
            .clock(machine: 1, step: nil, drift: 300),
        ])
        for fault in 0..<3 { faults.begin(fault, at: at(1)) }
        #expect(faults.drift(of: 0) == -200)
        _ = faults.end(1, at: at(2))
        #expect(faults.states[1].ended == at(2))
        #expect(faults.drift(of: 0) == 100)
        #expect(faults.drift(of: 1) == 300)
        #expect(faults.drift(of: 2) == 0)
    }

    @Test func partitionsAndCutsAddUp() {
        var faults = schedule([.partition([[0], [1, 2]]), .cut(from: [2], to: [1])])
        faults.begin(0, at: at(1))
        faults.begin(1, at: at(1))
        let pairs = [(0, 1), (0, 2), (1, 0), (2, 0), (2, 1)]
        #expect(faults.cuts == Set(pairs.map { MachinePair(from: $0.0, to: $0.1) }))
        _ = faults.end(0, at: at(3))
        #expect(faults.states[0].ended == at(3))
        #expect(faults.cuts == [MachinePair(from: 2, to: 1)])
    }

    @Test func linkChangesApplyInTheOrderOfThePlanAndByDirection() {
        var down = LinkChange()
        down.isDown = true
        var slow = LinkChange()
        slow.set(\.latency, to: 20)
        var slower = LinkChange()
        slower.set(\.latency, to: 30)
        slower.direction = .out
        var faults = schedule([slow, slower, down].map { .link(network: 0, machine: 0, $0) })
        let plain = LinkProfile()
        for fault in 0..<3 { faults.begin(fault, at: at(1)) }
        let link = faults.link(of: 0, to: 0, out: plain, in: plain)
        #expect(link.isDown && link.out.latency == 30 && link.in.latency == 20)
        #expect(faults.link(of: 1, to: 0, out: plain, in: plain).out == plain)
        _ = faults.end(2, at: at(2))
        #expect(faults.states[2].ended == at(2))
        #expect(!faults.link(of: 0, to: 0, out: plain, in: plain).isDown)
    }

    @Test func itIsQuietWhenEveryTimedFaultIsOver() {
        var faults = schedule([.pause(machine: 0), .pause(machine: 1)])
        #expect(!faults.isQuiet)
        faults.begin(0, at: at(1))
        faults.begin(1, at: at(1))
        _ = faults.end(0, at: at(2))
        #expect(faults.states[0].ended == at(2))
        #expect(!faults.isQuiet)
        _ = faults.end(1, at: at(3))
        #expect(faults.states[1].ended == at(3))
        #expect(faults.isQuiet)
        #expect(faults.happened.map(\.start) == [.at(1), .at(1)])
    }
}
