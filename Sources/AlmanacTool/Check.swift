internal import ArgumentParser
internal import Foundation
internal import Lab

/// `almanac check`: is the lab file right?
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a lab file without running it.")

    @OptionGroup var lab: LabArguments

    @Flag(help: "Print the lab as resolved, with all defaults.")
    var resolved = false

    func run() throws {
        let plan = try lab.plan()
        if resolved {
            print(plan.yaml, terminator: "")
        } else {
            let commands = plan.machines.reduce(0) { $0 + $1.commands.count }
            print(
                "\(lab.file): \(plan.name): \(counted(plan.machines.count, "machine")), "
                    + "\(counted(plan.networks.count, "network")), \(counted(commands, "command"))")
        }
    }

    private func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}

/// The arguments that say which lab.
struct LabArguments: ParsableArguments {
    @Argument(help: "The lab file (YAML).")
    var file: String

    @Option(
        name: .customLong("set"),
        help: "Change a key of the lab file: machines.m1.memory=128M. May be repeated.")
    var settings: [String] = []

    /// Reads and resolves the lab file.
    func plan(extra: [String] = []) throws -> LabPlan {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw RunError(.usage, "cannot read the lab file \(file): \(reason(error))")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw RunError(.usage, "\(file) is not UTF-8 text")
        }
        return try LabFile.parse(text, name: file, settings: settings + extra)
    }

    private func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile?: "there is no such file"
        case .fileReadNoPermission?: "no permission"
        default: "it is not a readable file"
        }
    }
}
