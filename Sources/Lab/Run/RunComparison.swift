internal import Foundation
package import Trace

/// Two run folders held against each other: traces, the machines' consoles and the commands' outputs, captures.
package struct RunComparison {
    package let traces: TraceComparison
    /// Files that both have and that differ, relative to the run folders.
    package let differentFiles: [String]
    /// Files that only the first, and only the second, has.
    package let onlyIn: ([String], [String])
    private let header: TraceHeader
    private let folders: (String, String)

    package var areEqual: Bool { traces.areEqual && haveEqualFiles }

    private var haveEqualFiles: Bool { differentFiles.isEmpty && onlyIn.0.isEmpty && onlyIn.1.isEmpty }

    /// The hash that both have.
    package var hash: String? { traces.hash.map(TraceHash.text) }

    /// - Parameters: run folders; traces by themselves are compared as such.
    package init(_ first: String, _ second: String) throws(RunError) {
        folders = (first, second)
        do throws(TraceError) {
            let readers = (
                try TraceReader(path: RunResults(of: first).trace),
                try TraceReader(path: RunResults(of: second).trace)
            )
            header = readers.0.header
            traces = try TraceComparison(readers.0, readers.1)
        } catch {
            throw RunError(error)
        }
        let names = (Self.files(of: first), Self.files(of: second))
        let manager = FileManager.default
        onlyIn = (names.0.subtracting(names.1).sorted(), names.1.subtracting(names.0).sorted())
        differentFiles = names.0.intersection(names.1).sorted().filter { name in
            !manager.contentsEqual(atPath: "\(first)/\(name)", andPath: "\(second)/\(name)")
        }
    }

    /// What a run writes that must be the same in each.
    private static func files(of run: String) -> Set<String> {
        let manager = FileManager.default
        var names: Set<String> = []
        for folder in ["machines", "captures"] {
            for name in (manager.enumerator(atPath: "\(run)/\(folder)")?.allObjects as? [String]) ?? [] {
                var isFolder: ObjCBool = false
                let path = "\(run)/\(folder)/\(name)"
                guard unsafe manager.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue
                else { continue }
                names.insert("\(folder)/\(name)")
            }
        }
        return names
    }

    /// Lines of a console before and after the place of the difference.
    private static let consoleContext = 5

    /// What differs, for people; one line when nothing does.
    package func text(names: (String, String)) -> String {
        var text =
            traces.areEqual && !haveEqualFiles
            ? "the traces are equal\n" : traces.text(header, names: names)
        if let divergence = traces.divergence, let event = divergence.earliest, event.participant > 0 {
            text += console(of: event.participant, line: divergence.consoleLines[event.participant] ?? 0)
        }
        text += Self.line("only in \(names.0)", onlyIn.0) + Self.line("only in \(names.1)", onlyIn.1)
        return text + Self.line("files that differ", differentFiles.map(described))
    }

    /// A file, and of a command's output what the command is.
    private func described(_ file: String) -> String {
        let parts = file.split(separator: "/")
        guard parts.count == 3, parts[2].hasSuffix(".out"),
            let participant = header.participants.first(where: { $0.name == parts[1] })
        else { return file }
        let name = parts[2].dropLast(4)
        let isCheck = name.hasPrefix("check-")
        let offset = isCheck ? participant.commands.count - (participant.checks ?? 0) : 0
        guard let number = Int(isCheck ? name.dropFirst(6) : name),
            let command = header.command(UInt64(clamping: offset + number), of: participant.id)
        else { return file }
        return "\(file) (\(command))"
    }

    /// Most files that a line names.
    private static let mostFiles = 10

    /// A line that names files; nothing without files.
    private static func line(_ head: String, _ files: [String]) -> String {
        guard !files.isEmpty else { return "" }
        let rest = files.count - mostFiles
        return "\(head): \(files.prefix(mostFiles).joined(separator: ", "))"
            + (rest > 0 ? " and \(rest) more\n" : "\n")
    }

    private func console(of participant: UInt32, line: Int) -> String {
        let name = header.name(of: participant)
        let lines = RunResults(of: folders.0).console(of: name)
        let around =
            min(
                max(0, line - Self.consoleContext), lines.count)..<min(
                lines.count, line + Self.consoleContext)
        guard !around.isEmpty else { return "" }
        var text = "the console of \(name) around it:\n"
        for index in around { text += index == line ? "  > \(lines[index])\n" : "    \(lines[index])\n" }
        return text
    }
}
