"""What holds for every record and every call: quality, authorization, evidence."""
