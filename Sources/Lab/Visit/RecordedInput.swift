internal import Foundation
internal import Posix
internal import SystemPackage

/// Something that a visitor did to a run, and when: a line of `input.jsonl`, which `--input` does again.
package struct RecordedInput: Codable, Hashable, Sendable {
    /// ns of simulated time.
    var at: UInt64
    /// Nil: it concerns the whole run.
    var machine: String?
    /// Which look, from 1; nil: it concerns the whole run.
    var look: Int?
    var action: Action

    enum Action: Codable, Hashable, Sendable {
        case hold
        case resume
        case start(look: LookPlan)
        /// Text, as it is nearly always.
        case type(text: String)
        /// Bytes that are not UTF-8, in Base64.
        case bytes(base64: Data)
        case endInput
        case resize(to: TerminalSize)
        case hangUp
        /// Init was asked what the look needs.
        case ask
    }

    /// Reads a file of recorded input.
    package static func read(_ path: String) throws(RunError) -> [RecordedInput] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw RunError(.usage, "cannot read the input \(path)")
        }
        var all: [RecordedInput] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where !line.isEmpty {
            guard let input = try? JSONDecoder().decode(RecordedInput.self, from: Data(line.utf8)) else {
                throw RunError(
                    .usage, "\(path):\(number + 1): this is no recorded input; see docs/looking-inside.md")
            }
            guard input.at >= all.last?.at ?? 0 else {
                throw RunError(.usage, "\(path):\(number + 1): it is earlier than the line before")
            }
            all.append(input)
        }
        return all
    }

    /// The request for the machine's init; nil: it concerns the whole run.
    var request: ControlRequest? {
        let number = Looks.firstNumber + (look ?? 1) - 1
        return switch action {
        case .hold, .resume: nil
        case .start(let plan):
            .execute(command: number, text: plan.command, hasInput: plan.hasInput, terminal: plan.terminal)
        case .type(let text): .input(command: number, bytes: Array(text.utf8))
        case .bytes(let data): .input(command: number, bytes: Array(data))
        case .endInput: .input(command: number, bytes: [])
        case .resize(let size): .resize(command: number, size)
        case .hangUp: .hangUp(command: number)
        case .ask: .need(command: number)
        }
    }

    static func action(input bytes: [UInt8]) -> Action {
        guard !bytes.isEmpty else { return .endInput }
        return String(validating: bytes, as: UTF8.self).map { .type(text: $0) } ?? .bytes(base64: Data(bytes))
    }
}

/// Writes what visitors do to a file, a line each, as it happens.
final class InputRecorder {
    private let path: String
    private var file: Descriptor?

    init(path: String) { self.path = path }

    func record(_ input: RecordedInput) throws(RunError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The structure has nothing that JSON lacks.
        let line = ((try? encoder.encode(input)).map(Array.init) ?? []) + [UInt8(ascii: "\n")]
        do throws(Errno) {
            if file == nil { file = try Posix.open(path, [.writeOnly, .create, .truncate]) }
            try file?.writeAll(line)
        } catch {
            throw RunError(.environment, "cannot write \(path): \(error)")
        }
    }
}
