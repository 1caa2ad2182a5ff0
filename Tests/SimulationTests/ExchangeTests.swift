import Calendar
import Network
import Testing

@testable import Simulation

/// Networks of which a script says when they answer.
private final class ScriptedSite: ExchangeSite {
    var earliestEvent = Instant.never
    var nextArrival: Instant?
    /// How often the networks still advance.
    var advances = 0
    /// When a frame can be answered, after it has entered.
    var delay: UInt64?
    private(set) var entered: [UInt64] = []
    private(set) var limits: [(entries: Instant, limit: Instant)] = []

    func enter(_ sending: Exchange.Sending) {
        entered.append(sending.id.number)
        if let delay { earliestEvent = min(earliestEvent, sending.instant.advanced(by: delay)) }
    }

    func advance(entries: Instant, limit: Instant) -> Bool {
        limits.append((entries, limit))
        advances -= 1
        return advances >= 0
    }
}

struct ExchangeTests {
    private func at(_ nanoseconds: UInt64) -> Instant { Instant(nanoseconds: nanoseconds) }

    private func send(_ number: UInt64, from participant: UInt64, at instant: UInt64, in exchange: Exchange) {
        exchange.send(
            Exchange.Sending(
                frame: Frame([]), network: 0, port: 0,
                id: FrameID(sender: participant, number: number, device: 1), instant: at(instant)))
    }

    private func take(_ exchange: Exchange, before earliest: Instant, edge: Instant) -> [String] {
        var events: [SimulationEvent] = []
        exchange.takeEvents(before: earliest, edge: edge, into: &events)
        return events.map { event in
            switch event {
            case .alarm(let number): "alarm \(number)"
            case .childEnded(let index): "end \(index)"
            case .control(let machine, _, let instant): "control \(machine) \(instant.nanoseconds)"
            default: "other"
            }
        }
    }

    private func stage(_ machine: Int, at instant: UInt64, in exchange: Exchange) {
        exchange.stage(
            .control(machine: machine, bytes: [], at: at(instant)), participant: UInt64(machine),
            at: at(instant))
    }

    /// Frames enter in the order of (instant, participant, own order), whatever order islands ran in.
    @Test func framesEnterInOrder() {
        let exchange = Exchange()
        let site = ScriptedSite()
        send(4, from: 2, at: 20, in: exchange)
        send(5, from: 2, at: 20, in: exchange)
        send(3, from: 1, at: 20, in: exchange)
        send(1, from: 9, at: 10, in: exchange)
        exchange.exchangeFrames(with: site)
        #expect(site.entered == [1, 3, 4, 5])
        #expect(exchange.firstSending == nil && !exchange.hasWork)
    }

    /// A frame that can be answered before the next one was sent makes that one wait.
    @Test func framesWaitForAnswers() {
        let exchange = Exchange()
        let site = ScriptedSite()
        site.delay = 10
        send(1, from: 1, at: 10, in: exchange)
        send(2, from: 2, at: 19, in: exchange)
        send(3, from: 3, at: 20, in: exchange)
        exchange.exchangeFrames(with: site)
        #expect(site.entered == [1, 2])
        #expect(exchange.firstSending == at(20))
        site.earliestEvent = .never
        exchange.exchangeFrames(with: site)
        #expect(site.entered == [1, 2, 3])
    }

    /// Networks advance no further than to what may still be sent, and links change at the first alarm.
    @Test func networksStopAtAlarms() {
        let exchange = Exchange()
        let site = ScriptedSite()
        site.earliestEvent = at(50)
        site.advances = 1
        _ = exchange.setAlarm(7, at: at(40))
        exchange.exchangeFrames(with: site)
        #expect(site.limits.map(\.entries) == [at(40), at(40)])
        #expect(site.limits.map(\.limit) == [at(40), at(40)])
    }

    /// Events come before alarms, alarms one at a time, and only when nothing before them is left.
    @Test func alarmsWaitForWhatIsBefore() {
        let exchange = Exchange()
        _ = exchange.setAlarm(1, at: at(30))
        _ = exchange.setAlarm(0, at: at(30))
        stage(2, at: 25, in: exchange)
        stage(1, at: 25, in: exchange)
        stage(1, at: 24, in: exchange)
        stage(3, at: 60, in: exchange)
        #expect(exchange.alarmCount == 2 && exchange.limit == at(30))
        #expect(
            take(exchange, before: at(40), edge: at(30)) == ["control 1 24", "control 1 25", "control 2 25"])
        #expect(take(exchange, before: at(29), edge: at(30)) == [])
        #expect(take(exchange, before: at(40), edge: at(30)) == ["alarm 0"])
        #expect(take(exchange, before: at(40), edge: at(30)) == ["alarm 1"])
        #expect(take(exchange, before: at(40), edge: at(30)) == [])
        #expect(take(exchange, before: .never, edge: at(30)) == ["control 3 60"])
    }

    /// Ends of processes are reported together, in the lab file's order, once all that are awaited are there.
    @Test func endsAreReportedTogether() {
        let exchange = Exchange()
        _ = exchange.setAlarm(5, at: at(10))
        exchange.stageEnd(of: 3, participant: 4)
        exchange.stageEnd(of: 9, participant: 10)
        exchange.awaitEnd(of: 4)
        exchange.awaitEnd(of: 2)
        // The alarm waits too: it may be about the process that has not ended.
        #expect(take(exchange, before: .never, edge: at(20)) == [])
        exchange.stageEnd(of: 1, participant: 2)
        #expect(take(exchange, before: .never, edge: at(20)) == ["end 1", "end 3"])
        #expect(take(exchange, before: .never, edge: at(20)) == ["alarm 5"])
        // Nobody waits for the other one.
        #expect(take(exchange, before: .never, edge: at(20)) == [] && exchange.hasWork)
    }
}
