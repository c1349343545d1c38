"""The contract between golden, simulator, RTL, firmware and documentation. Standard library only."""
