"""Systems and platforms (系统与平台): how what departments have becomes batches of contracts (Hangzhou art. 9)."""
