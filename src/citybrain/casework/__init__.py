"""Things people must do: tasks with a due date and a course that is kept (Hangzhou art. 10 任务下达)."""
