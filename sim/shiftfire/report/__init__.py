"""What people read: tables, traces."""
