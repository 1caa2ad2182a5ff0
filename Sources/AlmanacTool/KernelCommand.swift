internal import ArgumentParser
internal import Lab

/// `almanac kernel`: build or find the guests' kernel.
struct KernelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernel", abstract: "Build or find the kernel of the machines.",
        subcommands: [Build.self, Path.self])

    /// Which kernel.
    struct Choice: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Series of the kernel: 7.3, 6.12, 6.1; whatever Debian has as linux-source-SERIES. Default: 7.3; where that is not offered 7.2, else 6.12.",
                valueName: "SERIES"))
        var series: String?

        @Option(
            help: ArgumentHelp(
                "Add the lines of a file, such as CONFIG_KCOV=y, to the kernel's configuration. Run labs with it by --kernel.",
                valueName: "FILE"))
        var fragment: String?
    }

    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "build",
            abstract: "Build the kernel from Debian's source, unless it is in the cache.")

        @OptionGroup var choice: Choice

        @Flag(help: "Build it again though it is in the cache.")
        var force = false

        func run() throws {
            print(try KernelStore().build(series: choice.series, fragment: choice.fragment, force: force))
        }
    }

    struct Path: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "path", abstract: "Print the path of the kernel in the cache.")

        @OptionGroup var choice: Choice

        func run() throws {
            print(try KernelStore().kernel(series: choice.series, fragment: choice.fragment))
        }
    }
}
