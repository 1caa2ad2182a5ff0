internal import Foundation
package import LabPlan

/// A moment of a recorded run, as people name it: `12.345s`, `end`, `first FAIL`, `fault:2`, `m2: elected leader`, `m2: retry #3`.
package enum Moment: Hashable, Sendable {
    /// ns of simulated time.
    case time(UInt64)
    /// Where the run began to shut down.
    case end
    /// The first command, check or machine that failed.
    case failure
    /// A fault begins: the first is 1.
    case fault(Int)
    /// A machine, or a command or check of it, has written a line that contains `text`, for the `number`th time from 1.
    case line(machine: String, text: String, number: Int)

    package init(_ text: String) throws(TextError) {
        switch text {
        case "end":
            self = .end
            return
        case "first FAIL", "FAIL":
            self = .failure
            return
        default: break
        }
        // `fault: text` is a line of a machine that is called fault.
        if text.hasPrefix("fault:"), !text.hasPrefix("fault: ") {
            guard let number = Int(text.dropFirst("fault:".count)), number > 0 else {
                throw TextError("'\(text)': faults are numbered from 1, as in fault:2")
            }
            self = .fault(number)
            return
        }
        if let colon = text.firstIndex(of: ":") {
            self = try Self.line(machine: text[..<colon], text[text.index(after: colon)...], in: text)
            return
        }
        do throws(TextError) {
            self = .time(try DurationText.parse(text))
        } catch {
            throw TextError(
                "'\(text)' is no moment: write a time (12.345s), end, 'first FAIL', fault:N, or 'MACHINE: TEXT' for a line that it wrote"
            )
        }
    }

    /// Says that there is no such machine.
    package static func unknown(machine: String, among names: [String]) -> String {
        let listed = names.prefix(20).joined(separator: ", ")
        return "there is no machine \(machine); the machines are \(listed)"
    }

    private static func line(machine: Substring, _ rest: Substring, in whole: String) throws(TextError)
        -> Moment
    {
        var wanted = rest.drop { $0 == " " }
        var number = 1
        if let mark = wanted.range(of: " #", options: .backwards), let given = Int(wanted[mark.upperBound...])
        {
            guard given > 0 else { throw TextError("'\(whole)': lines are numbered from 1, as in #3") }
            number = given
            wanted = wanted[..<mark.lowerBound]
        }
        guard !machine.isEmpty, !wanted.isEmpty else {
            throw TextError("'\(whole)': write 'MACHINE: TEXT', as in 'm2: elected leader'")
        }
        return .line(machine: String(machine), text: String(wanted), number: number)
    }
}

/// How far to go on from a moment.
package enum MomentStep: Hashable, Sendable, CustomStringConvertible {
    /// To the end of the instant of the next event, other than turns, messages of the calendar and notifications of devices.
    case event
    /// To the next frame that is sent, delivered or dropped.
    case frame
    /// To the next turn of a machine.
    case turn
    /// ns of simulated time.
    case time(UInt64)

    /// What it goes on to.
    package var description: String {
        switch self {
        case .event: "event"
        case .frame: "frame"
        case .turn: "turn"
        case .time(let nanoseconds): DurationText.format(nanoseconds)
        }
    }

    package init(_ text: String) throws(TextError) {
        switch text {
        case "event": self = .event
        case "frame": self = .frame
        case "turn": self = .turn
        default:
            do throws(TextError) {
                self = .time(try DurationText.parse(text))
            } catch {
                throw TextError("'\(text)' is no step: write event, frame, turn or a time such as 10ms")
            }
        }
    }
}
