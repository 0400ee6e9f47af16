-- A session that has ended keeps neither address nor user agent: from where it was is on the audit log.
grant update (sealed) on users.session to bank_users;
update users.session set sealed = null where revoked_at is not null and sealed is not null;
