internal import Fuzzing
internal import Glibc

/// `fuzz [--target T]... [--seed S] [--count N] [--index I] [--list]`: see docs/reliability.md.
@main
struct FuzzTool {
    static func main() {
        do {
            let options = try FuzzOptions(Array(CommandLine.arguments.dropFirst()))
            exit(try FuzzSupervisor.run(options) ? 0 : 1)
        } catch {
            print("fuzz: \(error)")
            exit(2)
        }
    }
}
