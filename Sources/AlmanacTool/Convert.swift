internal import ArgumentParser
internal import Foundation
internal import Glibc

/// `almanac convert`: a compose file as a lab file.
struct Convert: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Print a compose file as a lab file.",
        discussion: """
            Each service becomes a machine with a kernel of its own. `almanac run compose.yaml` does the same by itself. What a lab cannot do \
            is an error with its line and column.
            """)

    @Argument(help: ArgumentHelp("The compose file (YAML).", valueName: "FILE"))
    var file: String

    func run() throws { writeText(try LabArguments.convert(file), to: STDOUT_FILENO) }
}
